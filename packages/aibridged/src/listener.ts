import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Serve } from "@aibridge/aibridge";
import {
  bind,
  type Closable,
  closableServer,
  type ListenAddress,
  type TlsIdentity,
  urlOf,
} from "@aibridge/runtime";
import { answerClientError } from "./http/client-error.ts";
import { HttpExchange } from "./http/http-exchange.ts";

export interface GatewayListenerOptions {
  readonly listen: ListenAddress;
  readonly tls: TlsIdentity | undefined;
  readonly serve: Serve;
  /** Whether other processes listen there too. Default: this one alone. */
  readonly reusePort?: boolean;
}

/** The port that agents and SDKs point their base URL at. */
export interface GatewayListener extends Closable {
  readonly url: string;
}

/** Turns requests on a port into exchanges, and nothing else. */
export async function listenGateway(options: GatewayListenerOptions): Promise<GatewayListener> {
  const { listen, tls, serve, reusePort = false } = options;
  const server: Server = tls ? createSecureServer({ ...tls, ...limits }) : createServer(limits);
  const closable = closableServer(server);
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    // The server never rejects: it answers for whatever goes wrong behind it.
    void serve(new HttpExchange(request, response));
  };
  server.on("request", onRequest);
  // Who asks before sending a large body is told when somebody wants to read it.
  server.on("checkContinue", onRequest);
  server.on("clientError", answerClientError);
  const address = await bind(server, listen, { reusePort });
  return { url: urlOf(tls ? "https" : "http", address), ...closable };
}

const limits = {
  /** For the headers to come. */
  headersTimeout: 20_000,
  /** For the whole request to come; the answer may take as long as it needs. */
  requestTimeout: 300_000,
  /** Longer than the 60 s after which load balancers usually let go: they should go first. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 64 * 1_024,
};
