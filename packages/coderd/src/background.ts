/**
 * Work that outlives the call that began it, because to drop it would lose
 * something. Its owner disposes of this, which waits for all of it: whoever
 * starts work sees to it that it ends within seconds and does not reject.
 */
export class Background implements AsyncDisposable {
  readonly #running = new Set<Promise<unknown>>();

  /** Starts work. */
  run(work: () => Promise<void>): void {
    const running = work().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#running]);
  }
}
