import { combineTelemetry, type Telemetry } from "@aibridge/aibridge";
import type { Logger, Metrics } from "@aibridge/runtime";
import type { AibridgedConfig } from "../config.ts";
import { createMetricsTelemetry } from "./metrics-telemetry.ts";
import { openTracing } from "./open-tracing.ts";

/** Metrics in this registry, and traces if the configuration asks for them. `stack` closes it. */
export async function openTelemetry(
  { otel }: Pick<AibridgedConfig, "otel">,
  metrics: Metrics,
  stack: AsyncDisposableStack,
  log: Logger,
): Promise<Telemetry> {
  const tracing = stack.use(await openTracing(otel, log));
  const measured = createMetricsTelemetry(metrics);
  return tracing ? combineTelemetry(measured, tracing.telemetry) : measured;
}
