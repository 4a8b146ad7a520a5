import type { FetchLike } from "@modelcontextprotocol/client";
import { type Dispatcher, fetch } from "undici";

/** What one answer may come to: enough to see that a result is too large, and to cut it. */
const answerBytesMax = 16 * 1_024 * 1_024;

/** A server sent more than we take. */
class AnswerTooLargeError extends Error {
  override readonly name = "AnswerTooLargeError";
  readonly code = "answer_too_large";
  constructor() {
    super(`the server's answer is larger than ${answerBytesMax} bytes`);
  }
}

/**
 * The way to MCP servers. Redirects are refused: an address comes from coderd,
 * and a token goes nowhere else. An answer, also one that is decompressed or a
 * stream of events, ends with an error where it exceeds `answerBytesMax`.
 */
export function createMcpFetch(dispatcher: Dispatcher): FetchLike {
  return async (url, init = {}) => {
    const { method = "GET", headers, body, signal } = init;
    const response = await fetch(url, {
      method,
      headers: [...new Headers(headers)],
      body: typeof body === "string" ? body : null,
      signal: signal ?? null,
      redirect: "error",
      dispatcher,
    });
    const { status, statusText } = response;
    return new Response(response.body?.pipeThrough(byteLimit()) ?? null, {
      status,
      statusText,
      headers: new Headers([...response.headers]),
    });
  };
}

function byteLimit(): TransformStream<Uint8Array, Uint8Array> {
  let left = answerBytesMax;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) throw new AnswerTooLargeError();
      controller.enqueue(chunk);
    },
  });
}
