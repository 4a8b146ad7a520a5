/** Wakes one who waits. One that rings while nobody waits wakes the next at once. */
export class Alarm {
  #isRinging = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#isRinging = true;
    this.#wake();
  }

  /** Resolves when it rings, after `ms`, or when the signal is aborted. One wait at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isRinging && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", this.#wake, { once: true });
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", this.#wake);
      }
    }
    this.#isRinging = false;
  }
}
