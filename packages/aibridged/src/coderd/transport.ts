import type { Secret } from "@aibridge/secret";
import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

/** How long coderd may take to answer before it counts as silent. */
const answerWithinMs = 5_000;

export interface CoderdTransportOptions {
  readonly url: string;
  readonly gatewayKey: Secret;
  /** Certificates, in PEM, to trust instead of the system's. */
  readonly ca: Buffer | undefined;
}

/**
 * The way to coderd: Connect over one HTTP/2 connection, presenting the gateway
 * key unless a call brings a credential of its own. Connect and not gRPC: a
 * unary call costs a third less CPU (docs/decisions/0006).
 */
export function createCoderdTransport(options: CoderdTransportOptions): Transport {
  const { url, gatewayKey, ca } = options;
  const authorization = bearer(gatewayKey);
  return createConnectTransport({
    baseUrl: url,
    httpVersion: "2",
    useBinaryFormat: true,
    defaultTimeoutMs: answerWithinMs,
    // A connection that died without a word is noticed by pings, not by callers.
    pingIntervalMs: 10_000,
    pingTimeoutMs: 2_000,
    pingIdleConnection: true,
    interceptors: [
      (next) => (request) => {
        if (!request.header.has("authorization"))
          request.header.set("authorization", authorization);
        return next(request);
      },
    ],
    ...(ca && { nodeOptions: { ca } }),
  });
}

/** The value of an `Authorization` header. */
export function bearer(key: Secret): string {
  return `Bearer ${key.reveal()}`;
}
