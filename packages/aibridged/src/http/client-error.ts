import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";

/**
 * Answers what is not HTTP, or too much of it, and closes the connection. There
 * is no request that an exchange could be made of.
 */
export function answerClientError(error: Error, socket: Duplex): void {
  const [status, message] = statusOf("code" in error ? error.code : undefined);
  // Where an answer is under way, a second one would be read as its continuation.
  if (!socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ error: { message } });
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      `x-request-id: ${randomUUID()}`,
      "",
      body,
    ].join("\r\n"),
  );
}

function statusOf(code: unknown): [status: string, message: string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return ["431 Request Header Fields Too Large", "request headers are too large"];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ["408 Request Timeout", "the request took too long to arrive"];
    default:
      return ["400 Bad Request", "not a valid HTTP request"];
  }
}

/** Node keeps the response that a socket is busy with in this property. */
function isAnswering(socket: Duplex): boolean {
  return "_httpMessage" in socket && socket._httpMessage != null;
}
