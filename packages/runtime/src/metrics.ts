import { collectDefaultMetrics, Registry } from "prom-client";

/** Where a process keeps its metrics. Pass it to `new Counter({ registers: [metrics] })`. */
export type Metrics = Registry;

/**
 * A registry of its own (not prom-client's global one, which every instance in
 * a test would share), with the default metrics of the process: CPU, memory,
 * event loop lag, garbage collection, file descriptors.
 */
export function createMetrics(): Metrics {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  return metrics;
}
