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
   * @param what names it in the error by which it rejects after `withinMs`
   */
  async until(holds: () => boolean, what: string, withinMs = 60_000): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      if (holds()) resolve();
    };
    const timer = setTimeout(
      () => reject(new Error(`not within ${withinMs} ms: ${what}`)),
      withinMs,
    );
    this.#checks.add(check);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#checks.delete(check);
    }
  }
}
