import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import type { Serve } from "@aibridge/aibridge";
import {
  bind,
  type Closable,
  closableServer,
  type ListenAddress,
  type TlsIdentity,
  urlOf,
} from "@aibridge/runtime";
import { answerClientError, refuseConnect } from "./http/client-error.ts";
import {
  type ClientDeadlines,
  defaultClientDeadlines,
  serverLimits,
} from "./http/client-limits.ts";
import { HttpExchange } from "./http/http-exchange.ts";
import { type Malformed, malformedHead, unknownExpectation } from "./http/malformed.ts";
import { refuseHead } from "./http/refuse-head.ts";

export interface GatewayListenerOptions {
  readonly listen: ListenAddress;
  readonly tls: TlsIdentity | undefined;
  readonly serve: Serve;
  /** Whether other processes listen there too. Default: this one alone. */
  readonly reusePort?: boolean;
  /** How long clients may take. Default: `defaultClientDeadlines`. */
  readonly deadlines?: ClientDeadlines;
}

/** The port that agents and SDKs point their base URL at. */
export interface GatewayListener extends Closable {
  readonly url: string;
}

/** Turns requests on a port into exchanges, and nothing else. */
export async function listenGateway(options: GatewayListenerOptions): Promise<GatewayListener> {
  const { listen, tls, serve, reusePort = false, deadlines = defaultClientDeadlines } = options;
  const limits = serverLimits(deadlines);
  const server: Server = tls ? createSecureServer({ ...tls, ...limits }) : createServer(limits);
  const closable = closableServer(server);
  /** The last request of a socket: the one whose body may still come. */
  const exchanges = new WeakMap<Duplex, HttpExchange>();
  /** Sockets that are about to be closed: what they go on to say is not heard. */
  const refused = new WeakSet<Duplex>();
  const refuse = (response: ServerResponse, { status, message }: Malformed) => {
    refused.add(response.req.socket);
    refuseHead(response, status, message);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (refused.has(request.socket)) return;
    const malformed = malformedHead(request);
    if (malformed) return refuse(response, malformed);
    const exchange = new HttpExchange(request, response, deadlines.idleMs);
    exchanges.set(request.socket, exchange);
    // The server never rejects: it answers for whatever goes wrong behind it.
    void serve(exchange);
  };
  server.on("request", onRequest);
  // Who asks before sending a large body is told when somebody wants to read it.
  server.on("checkContinue", onRequest);
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    refuse(response, unknownExpectation);
  });
  server.on("connect", (_request: IncomingMessage, socket: Duplex) => refuseConnect(socket));
  server.on("clientError", (error: Error, socket: Duplex) => {
    answerClientError(error, socket, exchanges.get(socket));
  });
  const address = await bind(server, listen, { reusePort });
  return { url: urlOf(tls ? "https" : "http", address), ...closable };
}
