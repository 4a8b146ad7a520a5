import { createServer, type ServerResponse } from "node:http";
import type { Authorizer } from "@aibridge/aibridge";
import { createRpcAuthorizer } from "@aibridge/aibridged";
import { Secret } from "@aibridge/secret";
import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Agent, type Dispatcher } from "undici";
import { listenAndAnnounce } from "../announce.ts";

/**
 * What a gateway is measured against: node:http in, undici out, nothing read,
 * nothing decided. Its first argument is the upstream's URL; with `connect` or
 * `grpc`, coderd's URL, a gateway key and an API key after it, it also asks
 * `IsAuthorized` for each request.
 */
const [upstreamUrl = "", protocol, url = "", gatewayKey = "", apiKey = ""] = process.argv.slice(2);
const agent = new Agent({ allowH2: false });

/** By the clients that connect-node brings, as any other program would. */
function authorizerBy(rpc: string): Authorizer {
  const authorization = `Bearer ${gatewayKey}`;
  const present: Interceptor = (next) => (request) => {
    request.header.set("authorization", authorization);
    return next(request);
  };
  const options = { baseUrl: url, interceptors: [present], defaultTimeoutMs: 5_000 };
  return createRpcAuthorizer(
    rpc === "grpc"
      ? createGrpcTransport(options)
      : createConnectTransport({ ...options, httpVersion: "2", useBinaryFormat: true }),
  );
}

const authorizer = protocol === undefined ? undefined : authorizerBy(protocol);
const credential = { kind: "key", key: new Secret(apiKey) } as const;
const never = new AbortController().signal;

const server = createServer({ requestTimeout: 0 }, async (request, response) => {
  await authorizer?.isAuthorized(credential, never);
  const { "x-bench": mode, "content-type": type } = request.headers;
  agent.dispatch(
    {
      origin: upstreamUrl,
      path: "/v1/messages",
      method: "POST",
      headers: {
        "content-type": type,
        "content-length": request.headers["content-length"],
        ...(mode && { "x-bench": mode }),
      },
      body: request,
    },
    relayTo(response),
  );
});

function relayTo(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller) => {
      response.on("drain", () => controller.resume());
      response.on("close", () => {
        if (!response.writableFinished) controller.abort(new Error("client left"));
      });
    },
    onResponseStart: (_, status, headers) => {
      response.writeHead(status, headers);
    },
    onResponseData: (controller, chunk) => {
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd: () => {
      response.end();
    },
    onResponseError: () => {
      response.destroy();
    },
  };
}

server.keepAliveTimeout = 60_000;
listenAndAnnounce(server);
