import { AggregatorRegistry, type Registry } from "prom-client";
import type { MetricsSnapshot } from "./messages.ts";

/** What several processes counted, as if one had. */
export interface SummedMetrics {
  /** What this worker counted so far, as it says. */
  add(worker: object, snapshot: MetricsSnapshot): void;
  /**
   * The worker is gone. What it counted, as far as it said, stays in the sums:
   * a counter that falls reads as one that began anew.
   */
  forget(worker: object): void;
  /** The sum of all workers and of this snapshot, the keeper's own. */
  sum(own: MetricsSnapshot): Registry;
}

/**
 * Sums by prom-client's own rules: counters and histograms are added up, gauges
 * as each says. The memory is that of one snapshot for each worker, and one.
 */
export function createSummedMetrics(): SummedMetrics {
  const snapshots = new Map<object, MetricsSnapshot>();
  let past: object[] = [];
  return {
    add: (worker, snapshot) => void snapshots.set(worker, snapshot),
    forget(worker) {
      const last = snapshots.get(worker);
      if (!snapshots.delete(worker) || !last) return;
      const sum = AggregatorRegistry.aggregate([past, last.filter(isCount)]);
      past = sum.getMetricsAsArray().map((metric) => ({ ...metric }));
    },
    sum: (own) => AggregatorRegistry.aggregate([own, ...snapshots.values(), past]),
  };
}

/** At run time the type is a word; prom-client's types say a number. */
function isCount({ type }: MetricsSnapshot[number]): boolean {
  return ["counter", "histogram"].includes(String(type));
}
