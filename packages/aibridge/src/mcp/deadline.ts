import { abortable } from "./abortable.ts";
import type { Wait } from "./mcp-clock.ts";

export interface Deadline {
  readonly ms: number;
  readonly expire: Wait;
  /** Of who waits. */
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a signal that aborts as the given one does, and with a
 * `TimeoutError` once the deadline passes. Rejects then, even if `work` does
 * not heed its signal, and leaves no timer and no listener.
 */
export async function withDeadline<T>(
  { ms, expire, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const working = new AbortController();
  const done = new AbortController();
  const onAbort = () => working.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  expire(ms, done.signal).then(
    () => working.abort(new DeadlineError(ms)),
    // It rejects because we are done.
    () => {},
  );
  try {
    return await abortable(work(working.signal), working.signal);
  } finally {
    done.abort();
    signal.removeEventListener("abort", onAbort);
  }
}

class DeadlineError extends Error {
  override readonly name = "TimeoutError";
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}
