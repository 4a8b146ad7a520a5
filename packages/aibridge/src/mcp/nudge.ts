import { abortable } from "./abortable.ts";

/** Wakes one waiter. Given while nobody waits, it wakes the next one at once. */
export class Nudge {
  #given = false;
  #wake: (() => void) | undefined;

  give(): void {
    this.#given = true;
    this.#wake?.();
  }

  /** Resolves when it was given since the last time. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#given) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await abortable(promise, signal);
    }
    signal.throwIfAborted();
    this.#given = false;
  }
}
