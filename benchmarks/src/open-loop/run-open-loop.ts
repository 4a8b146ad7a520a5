import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** Lateness up to which a request counts as sent in time: a timer of Node is 1 ms coarse. */
export const lateAfterMs = 5;

/** In microseconds, from when requests were due. */
export interface OpenLoopFigures {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** Half of them were sent this long after they were due, or earlier. */
  readonly sentAfterP50Us: number;
  /** Requests that were sent more than `lateAfterMs` late. Their latency has that in it. */
  readonly late: number;
  /** Requests that were never sent, as `waitingMax` others waited: in no other figure. */
  readonly unsent: number;
  readonly sent: number;
}

export interface OpenLoopOptions {
  /** When requests are due, in milliseconds from the start. See `arrivals`. */
  readonly due: Iterator<number, never>;
  readonly durationMs: number;
  /** How many may be under way before further ones are given up. */
  readonly waitingMax: number;
  /** Sends one. Calls `onSent` as it leaves this process, resolves when it was answered. */
  readonly send: (onSent: () => void) => Promise<unknown>;
}

/**
 * Sends requests when they are due, whether or not earlier ones were answered,
 * and takes the time from when they were *due*: who waits in a queue, of ours or
 * of whom we measure, waits in the figures. A closed loop would send fewer just
 * when it is slow, and so leave out what is slowest ("coordinated omission").
 * Resolves when all that were sent are answered.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopFigures> {
  const latency = createHistogram();
  const lateness = createHistogram();
  const counts = { late: 0, unsent: 0, sent: 0 };
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();

  async function send(dueAt: number): Promise<void> {
    counts.sent += 1;
    await options.send(() => {
      const lateMs = performance.now() - dueAt;
      lateness.record(atLeastOne(lateMs));
      if (lateMs > lateAfterMs) counts.late += 1;
    });
    latency.record(atLeastOne(performance.now() - dueAt));
  }

  let dueMs = options.due.next().value;
  while (dueMs < options.durationMs) {
    const elapsedMs = performance.now() - startedAt;
    for (; dueMs <= elapsedMs && dueMs < options.durationMs; dueMs = options.due.next().value) {
      if (underWay.size >= options.waitingMax) {
        counts.unsent += 1;
        continue;
      }
      const request = send(startedAt + dueMs).finally(() => underWay.delete(request));
      underWay.add(request);
    }
    await sleep(Math.max(0, startedAt + dueMs - performance.now()));
  }
  await Promise.all(underWay);
  return {
    ...counts,
    p50Us: latency.percentile(50),
    p99Us: latency.percentile(99),
    p999Us: latency.percentile(99.9),
    maxUs: latency.max,
    sentAfterP50Us: lateness.percentile(50),
  };
}

/** A histogram takes whole numbers from 1 on; here they are microseconds. */
function atLeastOne(ms: number): number {
  return Math.max(1, Math.round(ms * 1_000));
}
