const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Knows whether a stream of server-sent events, seen chunk by chunk, stands
 * between two events: after an empty line, whichever of LF, CR LF and CR ends
 * its lines. Only there may something be added to it.
 */
export class EventBoundary {
  /** The last four bytes, the newest lowest. */
  #tail = (lineFeed << 8) | lineFeed;

  pass(chunk: Uint8Array): void {
    for (let i = Math.max(0, chunk.length - 4); i < chunk.length; i++) {
      this.#tail = (this.#tail << 8) | (chunk[i] ?? 0);
    }
  }

  /** True at the beginning and after each empty line. */
  get reached(): boolean {
    const [third, second, last] = [
      (this.#tail >>> 16) & 0xff,
      (this.#tail >>> 8) & 0xff,
      this.#tail & 0xff,
    ];
    if (last === carriageReturn) return second === carriageReturn;
    if (last !== lineFeed) return false;
    return second === lineFeed || (second === carriageReturn && third === lineFeed);
  }
}
