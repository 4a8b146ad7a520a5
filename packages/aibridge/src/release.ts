/**
 * Gives back what was taken, once, however often it is disposed of. A class, for
 * each request has some: V8 makes objects with computed keys slowly once it has
 * forgotten their shape (decision 17).
 */
export class Release implements Disposable {
  #giveBack: (() => void) | undefined;

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }
}
