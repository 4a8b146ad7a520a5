import {
  AuthorizationFailureSchema,
  AuthorizerService,
  AuthorizationFailureReason as Reason,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { generateApiKey } from "../keys/api-key.ts";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

let coderd: TestCoderd;
let gateway: { id: string; key: string };

beforeAll(async () => {
  coderd = await startTestCoderd();
  gateway = await coderd.createGatewayKey(true);
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const ask = (credential: { key: string } | { keyId: string }, bearer = gateway.key) =>
  coderd.client(AuthorizerService, bearer).isAuthorized({
    credential:
      "key" in credential
        ? { case: "key", value: credential.key }
        : { case: "keyId", value: credential.keyId },
  });

/** Code, message and reason of a refusal. */
async function refusalOf(answer: Promise<unknown>): Promise<[Code, string, Reason | undefined]> {
  const error = await answer.then(
    () => new ConnectError("accepted", Code.Unknown),
    (reason: unknown) => ConnectError.from(reason),
  );
  const [failure] = error.findDetails(AuthorizationFailureSchema);
  return [error.code, error.rawMessage, failure?.reason];
}

test("a live key is accepted by both arms, and tells whose it is", async () => {
  const user = await coderd.createUser("member");
  const direct = await ask({ key: user.key });
  expect(direct).toMatchObject({
    ownerId: user.id,
    apiKeyId: user.keyId,
    username: user.username,
  });
  expect(direct.expireTime).toBeUndefined();
  expect(direct.revision).toBeGreaterThan(0n);
  expect(await ask({ keyId: user.keyId })).toEqual(direct);
});

test("the expiry comes with the answer, for the gateway to check by itself", async () => {
  const user = await coderd.createUser("member");
  const expireTime = new Date(coderd.clock.now.getTime() + 1500);
  const key = await expiringKey(user, expireTime);
  const answer = await ask({ key });
  expect(answer.expireTime && timestampDate(answer.expireTime)).toEqual(expireTime);
  const before = coderd.clock.now;
  coderd.clock.now = expireTime;
  expect(await refusalOf(ask({ key }))).toEqual([Code.Unauthenticated, "expired", Reason.EXPIRED]);
  coderd.clock.now = before;
});

test("malformed and missing credentials are refused as such", async () => {
  const missing = [Code.InvalidArgument, "missing credential", Reason.MISSING_CREDENTIAL];
  const invalid = [Code.Unauthenticated, "invalid key", Reason.INVALID_KEY];
  const unknown = [Code.Unauthenticated, "unknown key", Reason.UNKNOWN_KEY];
  const none = coderd.client(AuthorizerService, gateway.key).isAuthorized({});
  expect(await refusalOf(none)).toEqual(missing);
  expect(await refusalOf(ask({ key: "" }))).toEqual(missing);
  expect(await refusalOf(ask({ keyId: "" }))).toEqual(missing);
  expect(await refusalOf(ask({ key: "no key" }))).toEqual(invalid);
  const user = await coderd.createUser("member");
  expect(await refusalOf(ask({ key: `${user.keyId}-${"x".repeat(22)}` }))).toEqual(invalid);
  expect(await refusalOf(ask({ key: `AAAAAAAAAA-${"x".repeat(22)}` }))).toEqual(unknown);
  expect(await refusalOf(ask({ keyId: "AAAAAAAAAA" }))).toEqual(unknown);
  expect(await refusalOf(ask({ keyId: user.key }))).toEqual(unknown);
  expect(await refusalOf(ask({ keyId: "\u0000".repeat(10) }))).toEqual(unknown);
});

const at = new Date("2030-01-01T00:00:00Z");

test.each<[string, (user: TestUser) => Promise<unknown>, [Code, string, Reason]]>([
  [
    "a revoked key",
    ({ keyId }) => coderd.store.apiKeys.revoke(keyId, at),
    [Code.Unauthenticated, "unknown key", Reason.UNKNOWN_KEY],
  ],
  [
    "a key of a suspended user",
    ({ id }) => coderd.store.users.suspend(id, at),
    [Code.PermissionDenied, "inactive user", Reason.INACTIVE_USER],
  ],
  [
    "a key of a deleted user",
    ({ id }) => coderd.store.users.delete(id, at),
    [Code.PermissionDenied, "deleted user", Reason.DELETED_USER],
  ],
])("%s is refused from the next request on", async (_, change, refusal) => {
  const user = await coderd.createUser("member");
  const { revision } = await ask({ key: user.key });
  await change(user);
  expect(await refusalOf(ask({ key: user.key }))).toEqual(refusal);
  expect(await refusalOf(ask({ keyId: user.keyId }))).toEqual(refusal);
  const other = await coderd.createUser("member");
  expect((await ask({ key: other.key })).revision).toBeGreaterThan(revision);
});

test("an activated user's key is accepted again", async () => {
  const user = await coderd.createUser("member");
  await coderd.store.users.suspend(user.id, at);
  await coderd.store.users.activate(user.id);
  expect(await ask({ key: user.key })).toMatchObject({ ownerId: user.id });
});

test("a system user's key is refused", async () => {
  const user = await coderd.createUser("member", { system: true });
  const refusal = [Code.PermissionDenied, "system user", Reason.SYSTEM_USER];
  expect(await refusalOf(ask({ key: user.key }))).toEqual(refusal);
  expect(await refusalOf(ask({ keyId: user.keyId }))).toEqual(refusal);
});

test("a caller without an accepted gateway key learns nothing", async () => {
  const refusal = [Code.Unauthenticated, "invalid gateway key", Reason.INVALID_GATEWAY_KEY];
  const user = await coderd.createUser("owner");
  for (const bearer of ["", "x", "x".repeat(43), user.key]) {
    expect(await refusalOf(ask({ key: user.key }, bearer))).toEqual(refusal);
  }
  const revoked = await coderd.createGatewayKey(true);
  await ask({ key: user.key }, revoked.key);
  await coderd.store.gatewayKeys.revoke(revoked.id, at);
  expect(await refusalOf(ask({ key: user.key }, revoked.key))).toEqual(refusal);
});

test("a gateway key that may not delegate is good for full keys only", async () => {
  const { key } = await coderd.createGatewayKey(false);
  const user = await coderd.createUser("member");
  expect(await ask({ key: user.key }, key)).toMatchObject({ ownerId: user.id });
  expect(await refusalOf(ask({ keyId: user.keyId }, key))).toEqual([
    Code.PermissionDenied,
    "gateway key cannot delegate",
    Reason.GATEWAY_KEY_CANNOT_DELEGATE,
  ]);
});

test("the use of a gateway key is noted once a minute", async () => {
  const { id, key } = await coderd.createGatewayKey(true);
  const user = await coderd.createUser("member");
  const seen = async () => (await coderd.store.gatewayKeys.getById(id))?.lastSeenTime;
  const first = coderd.clock.now;
  await ask({ key: user.key }, key);
  expect(await seen()).toEqual(first);
  coderd.clock.now = new Date(first.getTime() + 59_999);
  await ask({ key: user.key }, key);
  expect(await seen()).toEqual(first);
  const minuteLater = new Date(first.getTime() + 60_000);
  coderd.clock.now = minuteLater;
  await ask({ key: user.key }, key);
  expect(await seen()).toEqual(minuteLater);
});

test("a call is one log line, with the gateway key's id and no key", async () => {
  const user = await coderd.createUser("member");
  const before = coderd.logLines.length;
  await ask({ key: user.key });
  const lines = coderd.logLines.slice(before).map((line): unknown => JSON.parse(line));
  expect(lines).toEqual([
    expect.objectContaining({
      level: "debug",
      service: "coder.aibridge.v1.AuthorizerService",
      method: "IsAuthorized",
      code: "ok",
      durationMs: expect.any(Number),
      callerKeyId: gateway.id,
    }),
  ]);
  await refusalOf(ask({ key: "no key" }));
  expect(JSON.parse(coderd.logLines.at(-1) ?? "")).toMatchObject({
    level: "info",
    code: "unauthenticated",
  });
});

async function expiringKey(user: TestUser, expireTime: Date): Promise<string> {
  const { id, key, secretHash } = generateApiKey();
  const fields = { name: "", secretHash, createTime: coderd.clock.now, expireTime };
  await coderd.store.apiKeys.create({ id, userId: user.id, ...fields });
  coderd.secrets.push(key.reveal());
  return key.reveal();
}
