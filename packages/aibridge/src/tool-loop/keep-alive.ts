import type { Clock } from "../record/clock.ts";

/** Calls `beat` whenever nothing was said for an interval, until it is disposed. */
export class KeepAlive implements Disposable {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #beat: () => void;
  readonly #over = new AbortController();
  #spokeAt: number;

  constructor(clock: Clock, intervalMs: number, beat: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#beat = beat;
    this.#spokeAt = clock.now();
    void this.#run(this.#over.signal);
  }

  /** Something was said. */
  spoke(): void {
    this.#spokeAt = this.#clock.now();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #run(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const silentMs = this.#clock.now() - this.#spokeAt;
      if (silentMs >= this.#intervalMs) {
        this.#beat();
        this.spoke();
      } else await this.#clock.sleep(this.#intervalMs - silentMs, over);
    }
  }
}
