import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Logger } from "../log.ts";
import { withWriteDeadline } from "./write-deadline.ts";

/** A listener for the `request` event of http, http2 and https servers alike. */
export type RequestHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

/**
 * Serves Connect handlers to Node's requests.
 *
 * It stands in for `connectNodeAdapter`, which in 2.2 throws out of the
 * `request` event, and so ends the process, on a request whose Host header is
 * missing or no host, and which reports failures to the console.
 */
export function requestHandler(
  handlers: readonly UniversalHandler[],
  log: Logger,
  writeTimeoutMs: number,
): RequestHandler {
  const byPath = new Map(handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    const handler = byPath.get(request.url?.split("?", 1)[0] ?? "");
    if (handler === undefined) return refuse(response, 404);
    const universalRequest = universalRequestOf(request, response);
    if (universalRequest === undefined) return refuse(response, 400);
    handler(universalRequest)
      .then(({ body, ...answer }) => {
        const timed = body && withWriteDeadline(body, response, writeTimeoutMs);
        return universalResponseToNodeResponse(
          { ...answer, ...(timed && { body: timed }) },
          response,
        );
      })
      .catch((err: unknown) => {
        if (!isAboutTheCaller(err))
          log.warn({ err, path: handler.requestPath }, "rpc not answered");
        response.destroy();
      });
  };
}

function universalRequestOf(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) {
  try {
    return universalRequestFromNodeRequest(request, response, undefined, undefined);
  } catch {
    return undefined;
  }
}

/** The caller went away before the answer was complete: nothing to act on. */
function isAboutTheCaller(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return code === Code.Aborted || code === Code.Canceled;
}

function refuse(response: ServerResponse | Http2ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}
