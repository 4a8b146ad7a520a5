import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";

/**
 * The chunks of an answer, whose connection is cut if its peer takes longer than
 * `timeoutMs` to make room for one: a peer that doesn't read holds up what it
 * asked for, and is not waited for. With HTTP/2 only the stream is cut.
 *
 * If the peer cancels or its connection breaks, the chunks end at once, also while
 * one waits to be taken.
 */
export function withWriteDeadline(
  chunks: AsyncIterable<Uint8Array>,
  response: ServerResponse | Http2ServerResponse,
  timeoutMs: number,
): AsyncIterable<Uint8Array> {
  async function* timed(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      const timer = setTimeout(() => response.destroy(), timeoutMs);
      try {
        yield chunk;
      } finally {
        clearTimeout(timer);
      }
    }
  }
  const iterator = timed();
  // An error of the chunks has nobody to go to once the peer is gone.
  response.once("close", () => void iterator.return().catch(() => {}));
  return iterator;
}
