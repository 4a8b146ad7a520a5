import { Readable } from "node:stream";

/**
 * A stream of one chunk, which it forgets when it is read. `Readable.from`
 * would hold the chunk for as long as undici holds the stream: until the answer
 * is complete.
 */
export class SentOnce extends Readable {
  #chunk: Buffer | undefined;

  constructor(chunk: Buffer) {
    super();
    this.#chunk = chunk;
  }

  override _read(): void {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    this.push(chunk);
    this.push(null);
  }
}
