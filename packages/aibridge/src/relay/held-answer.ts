import type { RawHeaders } from "../headers.ts";

/** Past this the provider is paused. An answer to a short question is smaller. */
const heldBytesMax = 64 * 1_024;
/** What a chunk costs by being one, however few bytes it has. */
const chunkBytes = 128;

/** How an answer begins. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: RawHeaders;
}

/**
 * What came of an answer that must not leave yet: its head, its chunks, and how
 * it ended. Chunks are kept as they are: undici gives them as views of what was
 * read from the socket, and never writes there again (`wasm_on_body` in its
 * client-h1.js).
 */
export class HeldAnswer {
  head: AnswerHead | undefined;
  readonly chunks: Uint8Array[] = [];
  /** Undefined while more may come; an answer that is complete ended with no error. */
  outcome: { readonly error: Error | undefined } | undefined;
  #bytes = 0;

  /** Returns false when no more should come before the answer may leave. */
  keep(chunk: Uint8Array): boolean {
    this.chunks.push(chunk);
    this.#bytes += chunkBytes + chunk.byteLength;
    return this.#bytes < heldBytesMax;
  }
}
