import type { Secret } from "@aibridge/secret";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { createUnaryClient } from "./unary-client.ts";

/** How long coderd may take to answer before it counts as silent, unless said otherwise. */
const defaultAnswerWithinMs = 5_000;
/** Much more than all providers of an installation come to. */
const messageBytesMax = 16 * 1_024 * 1_024;

export interface CoderdTransportOptions {
  readonly url: string;
  readonly gatewayKey: Secret;
  /** Certificates, in PEM, to trust instead of the system's. */
  readonly ca: Buffer | undefined;
  /** How long coderd may take to answer before it counts as silent. Default 5 s. */
  readonly answerWithinMs?: number;
}

/**
 * The way to one coderd, for unary calls that may be made twice: Connect, and the
 * gateway key unless a call brings a credential of its own.
 */
export function createCoderdTransport(options: CoderdTransportOptions): Transport {
  const { url, gatewayKey, ca, answerWithinMs = defaultAnswerWithinMs } = options;
  return createTransport({
    baseUrl: url,
    httpClient: createUnaryClient({ ca, answerWithinMs }),
    interceptors: [presentGatewayKey(gatewayKey)],
    useBinaryFormat: true,
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: messageBytesMax,
    readMaxBytes: messageBytesMax,
    writeMaxBytes: messageBytesMax,
  });
}

/** Presents the gateway key, unless a call brings a credential of its own. */
export function presentGatewayKey(gatewayKey: Secret): Interceptor {
  const authorization = bearer(gatewayKey);
  return (next) => (request) => {
    if (!request.header.has("authorization")) request.header.set("authorization", authorization);
    return next(request);
  };
}

/** The value of an `Authorization` header. */
export function bearer(key: Secret): string {
  return `Bearer ${key.reveal()}`;
}
