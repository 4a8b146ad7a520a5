import type { Log, Telemetry } from "@aibridge/aibridge";
import type { ConfigSource } from "@aibridge/runtime";

/** Telemetry that makes spans. Dispose it last: what was not exported yet then is, for 5 s at most. */
export interface Tracing extends AsyncDisposable {
  readonly telemetry: Telemetry;
}

/**
 * Starts OpenTelemetry if the standard variables ask for it, else resolves to
 * undefined without having loaded any of it. The SDK reads its other variables
 * (exporter, endpoint, headers, sampler, batches, resource) from the
 * environment by itself, and reports its troubles to the log.
 */
export async function openTracing(source: ConfigSource, log: Log): Promise<Tracing | undefined> {
  if (!isTracingOn(source)) return undefined;
  const { startTracing } = await import("./start-tracing.ts");
  return startTracing(log);
}

/**
 * Whether to trace: an exporter or an endpoint is named, and nothing switches
 * it off. The specification exports by default, to localhost; a gateway does
 * not, unless it was told to.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function isTracingOn(source: ConfigSource): boolean {
  if (source.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true") return false;
  const exporter = source.OTEL_TRACES_EXPORTER?.trim();
  if (exporter) return exporter !== "none";
  return Boolean(source.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || source.OTEL_EXPORTER_OTLP_ENDPOINT);
}
