import type { Metrics } from "@aibridge/runtime";
import { Gauge } from "prom-client";

/** Tells which of the configured providers could be set up. */
export interface ProviderGauge {
  /** Replaces what was told before. `broken` are those of `names` that could not. */
  show(names: readonly string[], broken: readonly string[]): void;
}

/** The metric `aibridge_provider_up`, one series for each configured provider. */
export function createProviderGauge(metrics: Metrics): ProviderGauge {
  const gauge = new Gauge({
    name: "aibridge_provider_up",
    help: "Whether a configured provider could be set up: 0 if not, then the log says why.",
    labelNames: ["provider"] as const,
    // Of several workers, whether all could.
    aggregator: "min",
    registers: [metrics],
  });
  return {
    show(names, broken) {
      gauge.reset();
      for (const provider of names) gauge.set({ provider }, broken.includes(provider) ? 0 : 1);
    },
  };
}
