/** Resolves, and never rejects, once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A signal with an owner: dispose it, and it leaves no timer and no listener. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that is aborted after `ms`, with a `TimeoutError` as reason, or as
 * soon as one of the given signals is, with its reason.
 *
 *     using cut = deadline(config.drainTimeoutMs, context.cut);
 *     await listener.close(cut.signal);
 */
export function deadline(ms: number, ...signals: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const timeout = () =>
    controller.abort(new DOMException(`The deadline of ${ms} ms passed.`, "TimeoutError"));
  const timer = setTimeout(timeout, ms);
  const follow = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", follow, { once: true });
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", follow);
    },
  };
}
