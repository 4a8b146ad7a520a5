import { createSecureServer } from "node:http2";
import { Health } from "@aibridge/proto/grpc/health/v1/health";
import type { DescService } from "@bufbuild/protobuf";
import { type ConnectRouter, createConnectRouter, type Interceptor } from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { bind, urlOf } from "../bind.ts";
import { type Closable, closableServer } from "../closing.ts";
import type { ListenAddress } from "../config-schemas.ts";
import type { Logger } from "../log.ts";
import type { TlsIdentity } from "../tls.ts";
import { createCleartextServer } from "./cleartext-server.ts";
import type { HealthState } from "./health.ts";
import {
  firstBytesTimeoutMs,
  handshakeTimeout,
  http1Options,
  http2Options,
  writeTimeoutMs,
} from "./limits.ts";
import { logFailures } from "./log-failures.ts";
import { reflectionRoutes } from "./reflection.ts";
import { type RequestHandler, requestHandler } from "./request-handler.ts";

/** What to serve, where, and within which bounds. */
export interface RpcListenerOptions {
  readonly listen: ListenAddress;
  /** With it: TLS only. Without: cleartext only. */
  readonly tls?: TlsIdentity | undefined;
  readonly routes: (router: ConnectRouter) => void;
  /** Applied to `routes`, in order, the first outermost; not to health and reflection. */
  readonly interceptors?: readonly Interceptor[];
  /** The services that reflection shows, beside health and reflection. */
  readonly reflect: readonly DescService[];
  /** Served as `grpc.health.v1`, and shut down when the listener closes. */
  readonly health: HealthState;
  readonly log: Logger;
  /** A message that is longer, once decompressed, is refused as resource_exhausted. */
  readonly readMaxBytes: number;
  /** How long a new connection may stay silent. Default: 10 s. */
  readonly firstBytesTimeoutMs?: number;
  /** How long a peer may take to make room for a piece of an answer. Default: 30 s. */
  readonly writeTimeoutMs?: number;
}

/** A port that serves RPCs. */
export interface RpcListener extends Closable {
  readonly url: string;
  readonly address: ListenAddress;
}

/**
 * Serves Connect, gRPC and gRPC-Web on one port, over HTTP/1.1 and HTTP/2
 * alike: without TLS by the first bytes of a connection, with it by ALPN.
 * Rejects with a `ListenError`.
 */
export async function listenRpc(options: RpcListenerOptions): Promise<RpcListener> {
  const writeTimeout = options.writeTimeoutMs ?? writeTimeoutMs;
  const handle = requestHandler(handlersOf(options), options.log, writeTimeout);
  const { server, http2 } = createServer(options, handle);
  const closable = closableServer(server, http2);
  const address = await bind(server, options.listen);
  const { health } = options;
  const destroy = () => {
    health.shutdown();
    return closable.destroy();
  };
  return {
    url: urlOf(options.tls === undefined ? "http" : "https", address),
    address,
    close(cut) {
      // First, because a Watch is a running call that would not end by itself.
      health.shutdown();
      return closable.close(cut);
    },
    destroy,
    [Symbol.asyncDispose]: destroy,
  };
}

function handlersOf({
  routes,
  interceptors = [],
  reflect,
  health,
  log,
  readMaxBytes,
}: RpcListenerOptions) {
  const acceptCompression = [compressionGzip, compressionBrotli];
  const router = (more: readonly Interceptor[]) =>
    createConnectRouter({
      readMaxBytes,
      acceptCompression,
      interceptors: [logFailures(log), ...more],
    });
  const product = router(interceptors);
  routes(product);
  const standard = router([]);
  health.routes(standard);
  reflectionRoutes([...reflect, Health])(standard);
  return [...product.handlers, ...standard.handlers];
}

function createServer(options: RpcListenerOptions, handle: RequestHandler) {
  if (options.tls === undefined) {
    return createCleartextServer(handle, options.firstBytesTimeoutMs ?? firstBytesTimeoutMs);
  }
  const server = createSecureServer(
    { ...http1Options, ...http2Options, ...options.tls, allowHTTP1: true, handshakeTimeout },
    handle,
  );
  return { server, http2: server };
}
