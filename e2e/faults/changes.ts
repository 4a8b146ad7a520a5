/** Generous: it only bounds a failing test. */
const withinMs = 60_000;

/**
 * Waits until something holds, without asking again and again: whoever changes
 * what it may depend on says so.
 */
export class Changes {
  readonly #checks = new Set<() => void>();

  /** Says that something changed. */
  notify(): void {
    for (const check of this.#checks) check();
  }

  /**
   * Resolves once `holds()` is true.
   *
   * @param what names it in the error by which it rejects after 60 s
   * @param signal ends the waiting: rejects with its reason
   */
  async until(holds: () => boolean, what: string, signal?: AbortSignal): Promise<void> {
    if (holds()) return;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      if (holds()) resolve();
    };
    const onAbort = () => reject(signal?.reason);
    const timer = setTimeout(
      () => reject(new Error(`not within ${withinMs} ms: ${what}`)),
      withinMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#checks.add(check);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      this.#checks.delete(check);
    }
  }
}
