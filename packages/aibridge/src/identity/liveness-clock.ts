/** Time, as something that a test can own. */
export interface LivenessClock {
  /** Milliseconds from a fixed point; never set back. */
  now(): number;
  /** Milliseconds since the epoch, as expiries are told. */
  epochNow(): number;
  /** Calls `fn` every `ms` until it is disposed. */
  every(ms: number, fn: () => void): Disposable;
}

export const systemLivenessClock: LivenessClock = {
  now: () => performance.now(),
  epochNow: () => Date.now(),
  every(ms, fn) {
    // After a stop of the event loop timers come first, and what arrived
    // meanwhile after them: one turn later, silence is not mistaken for ours.
    const timer = setInterval(() => setImmediate(fn), ms).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};
