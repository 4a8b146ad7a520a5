import { once } from "node:events";
import { createServer, type Server } from "node:net";
import {
  AuthorizationFailureReason,
  AuthorizationFailureSchema,
  AuthorizerService,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { createHealth, createLogger, listenRpc, type RpcListener } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { afterEach, expect, test } from "@jest/globals";
import { createRpcAuthorizer } from "./authorizer.ts";
import { createCoderdTransport } from "./transport.ts";

const never = new AbortController().signal;
const credential = { kind: "key", key: new Secret("keyidkeyid-secret") } as const;
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource[Symbol.asyncDispose]();
});

async function startCoderd(
  isAuthorized: ServiceImpl<typeof AuthorizerService>["isAuthorized"],
  port = 0,
): Promise<RpcListener> {
  const listener = await listenRpc({
    listen: { host: "127.0.0.1", port },
    routes: (router) => void router.service(AuthorizerService, { isAuthorized }),
    reflect: [AuthorizerService],
    health: createHealth([]),
    log: createLogger({ name: "coderd", level: "silent" }),
    readMaxBytes: 10_000,
  });
  opened.push(listener);
  return listener;
}

function authorizerAt(url: string) {
  const gatewayKey = new Secret("the-gateways-key");
  return createRpcAuthorizer(createCoderdTransport({ url, gatewayKey, ca: undefined }));
}

test("a call presents the gateway key, unless the delegating service's own stands in", async () => {
  const presented: (string | null)[] = [];
  const coderd = await startCoderd((_, { requestHeader }) => {
    presented.push(requestHeader.get("authorization"));
    return { ownerId: "o", apiKeyId: "k", username: "u" };
  });
  const authorizer = authorizerAt(coderd.url);
  expect(await authorizer.isAuthorized(credential, never)).toMatchObject({
    ownerId: "o",
    apiKeyId: "k",
    username: "u",
  });
  const gatewayKey = new Secret("anothers-key");
  await authorizer.isAuthorized({ kind: "key-id", keyId: "keyidkeyid", gatewayKey }, never);
  expect(presented).toEqual(["Bearer the-gateways-key", "Bearer anothers-key"]);
});

// proves: door.not-accepted
test("only an answer with a reason is a no; our own key being refused is no answer", async () => {
  let reason: number = AuthorizationFailureReason.EXPIRED;
  const coderd = await startCoderd(() => {
    const detail = { desc: AuthorizationFailureSchema, value: { reason } };
    throw new ConnectError("no", Code.Unauthenticated, undefined, [detail]);
  });
  const authorizer = authorizerAt(coderd.url);
  await expect(authorizer.isAuthorized(credential, never)).rejects.toMatchObject({
    name: "NotAuthorizedError",
    reason: "expired",
  });
  reason = AuthorizationFailureReason.INVALID_GATEWAY_KEY;
  await expect(authorizer.isAuthorized(credential, never)).rejects.toMatchObject({
    message: "coderd refuses this gateway: invalid gateway key",
  });
  const gatewayKey = new Secret("anothers-key");
  await expect(
    authorizer.isAuthorized({ kind: "key-id", keyId: "keyidkeyid", gatewayKey }, never),
  ).rejects.toMatchObject({ name: "GatewayKeyRefusedError", reason: "invalid gateway key" });
  reason = AuthorizationFailureReason.GATEWAY_KEY_CANNOT_DELEGATE;
  await expect(
    authorizer.isAuthorized({ kind: "key-id", keyId: "keyidkeyid", gatewayKey }, never),
  ).rejects.toMatchObject({ name: "GatewayKeyRefusedError" });
});

// proves: door.coderd-down
test("a coderd that went away is no answer, and one that is back on its port answers", async () => {
  const answer = () => ({ ownerId: "o", apiKeyId: "k", username: "u" });
  const coderd = await startCoderd(answer);
  const authorizer = authorizerAt(coderd.url);
  await authorizer.isAuthorized(credential, never);
  await coderd.destroy();
  await expect(authorizer.isAuthorized(credential, never)).rejects.toMatchObject({
    code: Code.Unavailable,
  });
  await startCoderd(answer, coderd.address.port);
  expect(await authorizer.isAuthorized(credential, never)).toMatchObject({ ownerId: "o" });
});

test("a connection that is closed under a call is no refusal: the call is made once more", async () => {
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    socket.once("data", () => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await expect(
    authorizerAt(`http://127.0.0.1:${port}`).isAuthorized(credential, never),
  ).rejects.toMatchObject({ code: Code.Unavailable });
  expect(connections).toBe(2);
  server.close();
});

test("a caller that leaves cancels the call", async () => {
  const leaving = new AbortController();
  const called = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const coderd = await startCoderd(async (_, { signal }) => {
    called.resolve();
    signal.addEventListener("abort", () => cancelled.resolve());
    await cancelled.promise;
    return {};
  });
  const asking = authorizerAt(coderd.url).isAuthorized(credential, leaving.signal);
  const rejected = expect(asking).rejects.toMatchObject({ code: Code.Canceled });
  await called.promise;
  leaving.abort();
  await rejected;
  await cancelled.promise;
});
