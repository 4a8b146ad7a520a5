import type { Duplex } from "node:stream";
import { BodyTooSlowError } from "@aibridge/aibridge";
import type { HttpExchange } from "./http-exchange.ts";
import { answerRaw } from "./raw-answer.ts";

/**
 * Answers what is not HTTP, too much of it, or too slow, and closes the
 * connection: what follows on it can't be told apart from what came before.
 *
 * @param reading the exchange whose body is being read from the socket, if any.
 *   It is refused as it would be for any other body, in its API's format.
 */
export function answerClientError(
  error: Error,
  socket: Duplex,
  reading: HttpExchange | undefined,
): void {
  const code = "code" in error ? error.code : undefined;
  const isSlow = code === "ERR_HTTP_REQUEST_TIMEOUT";
  // It said that nothing would follow, and is answered before the connection ends.
  if (code === "HPE_CLOSED_CONNECTION" && isAnswering(socket)) return;
  if (reading?.breakBody(isSlow ? new BodyTooSlowError() : error)) return;
  // Where an answer is under way, a second one would be read as its continuation.
  if (!socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  if (isSlow) answerRaw(socket, 408, "the request took too long to arrive");
  else if (code === "HPE_HEADER_OVERFLOW") answerRaw(socket, 431, "request headers are too large");
  else answerRaw(socket, 400, "not a valid HTTP request");
}

/** A gateway is no forward proxy. Node has let go of the socket, so it is answered by hand. */
export function refuseConnect(socket: Duplex): void {
  if (isAnswering(socket)) socket.destroy();
  else answerRaw(socket, 501, "CONNECT is not supported");
}

/** Node keeps the response that a socket is busy with in this property. */
function isAnswering(socket: Duplex): boolean {
  return "_httpMessage" in socket && socket._httpMessage != null;
}
