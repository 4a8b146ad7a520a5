import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after a time, and rejects once the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** What takes its time here: tests have both in their own hands. */
export interface McpClock {
  /** Between two attempts. */
  readonly pause: Wait;
  /** Until somebody who waits gives up. */
  readonly expire: Wait;
}

const wait: Wait = (ms, signal) => sleep(ms, undefined, { signal, ref: false });

export const systemClock: McpClock = { pause: wait, expire: wait };
