import { BodyTooLargeError, type Exchange } from "../exchange.ts";
import type { Serve } from "../server.ts";
import { InProcessCall } from "./in-process-call.ts";
import { createTransport, gatewayTarget, type TransportFactory } from "./transport-factory.ts";

/**
 * Transports into a gateway in this process: the same door as over HTTP,
 * without a socket.
 *
 * A caller who aborts before the answer began gets a rejection with its reason;
 * after that, the body errors with it. Cancelling the body cancels the
 * provider's work.
 */
export function createInProcessTransportFactory(serve: Serve): TransportFactory {
  return {
    transportFor: (providerName, source) =>
      createTransport(providerName, source, (request, apiKeyId) => {
        request.signal.throwIfAborted();
        const call = new InProcessCall(request.signal);
        const exchange: Exchange = {
          method: request.method,
          target: gatewayTarget(providerName, request),
          headers: [...request.headers].flat(),
          delegation: { apiKeyId, source },
          clientAddress: undefined,
          signal: call.signal,
          cut: (refusal) => call.cut(refusal),
          readBody: (bytesMax) => readBody(request, bytesMax, call.signal),
          response: call,
        };
        serve(exchange).then(
          () => call.returned(),
          (error) => call.threw(error),
        );
        return call.response;
      }),
  };
}

/** Reads as much as is allowed, and stops when the caller has left. */
async function readBody(request: Request, bytesMax: number, signal: AbortSignal): Promise<Buffer> {
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    signal.throwIfAborted();
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new BodyTooLargeError(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
