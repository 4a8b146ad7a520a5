import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { CoderdTransportOptions } from "./transport.ts";
import { presentGatewayKey } from "./transport.ts";

/** Much more than all providers of an installation come to. */
const messageBytesMax = 16 * 1_024 * 1_024;

/**
 * The way to one coderd for calls whose answer is a stream. Each stream has a
 * connection of its own: ending the call closes it, so nothing is left of a
 * peer that has gone silent, and the next stream does not queue up behind it.
 */
export function createStreamTransport({
  url,
  gatewayKey,
  ca,
}: Omit<CoderdTransportOptions, "answerWithinMs">): Transport {
  return createConnectTransport({
    baseUrl: url,
    httpVersion: "1.1",
    nodeOptions: { agent: false, ...(ca && { ca }) },
    interceptors: [presentGatewayKey(gatewayKey)],
    acceptCompression: [],
    readMaxBytes: messageBytesMax,
  });
}
