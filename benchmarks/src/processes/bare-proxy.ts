import { createServer, type ServerResponse } from "node:http";
import type { Authorizer } from "@aibridge/aibridge";
import { createCoderdTransport, createRpcAuthorizer } from "@aibridge/aibridged";
import { Secret } from "@aibridge/secret";
import type { Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Agent, type Dispatcher } from "undici";

/**
 * What a gateway is measured against: node:http in, undici out, nothing read,
 * nothing decided. Its first argument is the upstream's URL; with `connect` or
 * `grpc`, coderd's URL, a gateway key and an API key after it, it also asks
 * `IsAuthorized` for each request: as the gateway does, or by gRPC.
 */
const [upstreamUrl = "", protocol, url = "", gatewayKey = "", apiKey = ""] = process.argv.slice(2);
const agent = new Agent({ allowH2: false });

function authorizerBy(rpc: string): Authorizer {
  const key = new Secret(gatewayKey);
  if (rpc === "connect") {
    return createRpcAuthorizer(createCoderdTransport({ url, gatewayKey: key, ca: undefined }));
  }
  const authorization = `Bearer ${key.reveal()}`;
  const present: Interceptor = (next) => (request) => {
    request.header.set("authorization", authorization);
    return next(request);
  };
  return createRpcAuthorizer(createGrpcTransport({ baseUrl: url, interceptors: [present] }));
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
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
