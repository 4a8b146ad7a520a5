/**
 * A value that is given away once, and then not held here any more. An async
 * function keeps its variables for as long as it waits; what may be large and
 * is needed only at the beginning goes through this.
 */
export class Held<T> {
  #value: T | undefined;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value; undefined from the second time on. */
  take(): T | undefined {
    const value = this.#value;
    this.#value = undefined;
    return value;
  }
}
