import type { Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";

/** One way for a client to speak to a listener. `ca` is needed for TLS. */
export interface NamedTransport {
  readonly name: string;
  connectTo(baseUrl: string, ca?: string): Transport;
}

const nodeOptions = (ca?: string) => (ca === undefined ? {} : { nodeOptions: { ca } });

const byProtocol = {
  Connect: createConnectTransport,
  gRPC: createGrpcTransport,
  "gRPC-Web": createGrpcWebTransport,
} as const;

function transport(protocol: keyof typeof byProtocol, httpVersion: "1.1" | "2"): NamedTransport {
  return {
    name: `${protocol} over HTTP/${httpVersion}`,
    connectTo: (baseUrl, ca) => byProtocol[protocol]({ baseUrl, httpVersion, ...nodeOptions(ca) }),
  };
}

/** For tests: the plainest transport. */
export const connectHttp1 = transport("Connect", "1.1");

/** For tests: what other languages use most. */
export const grpcHttp2 = transport("gRPC", "2");

/** For tests: every protocol over both versions of HTTP, as connect-node speaks them. */
export const transports = [
  connectHttp1,
  transport("Connect", "2"),
  transport("gRPC", "1.1"),
  grpcHttp2,
  transport("gRPC-Web", "1.1"),
  transport("gRPC-Web", "2"),
];
