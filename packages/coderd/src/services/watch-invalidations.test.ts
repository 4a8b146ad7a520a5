import {
  AuthorizationFailureSchema,
  AuthorizerService,
  AuthorizationFailureReason as Reason,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startTestCoderd, type TestCoderd } from "./test-coderd.ts";
import { streamTransports, watch } from "./test-watch.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

let coderd: TestCoderd;
beforeAll(async () => {
  coderd = await startTestCoderd();
  await coderd.createUser("owner");
});
afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const at = new Date("2030-01-01T00:00:00.000Z");
const nothing = { apiKeyIds: [], userIds: [], gatewayKeyIds: [], reset: false };

describe.each(streamTransports)("$name", ({ connectTo }) => {
  const open = (bearer: string, sinceRevision = 0n) =>
    watch(AuthorizerService, connectTo(coderd.url), bearer, (client, options) =>
      client.watchInvalidations({ sinceRevision }, options),
    );
  const ask = (key: string, bearer: string) =>
    coderd
      .client(AuthorizerService, bearer)
      .isAuthorized({ credential: { case: "key", value: key } });

  // proves: watch.heartbeat
  test("the first message comes at once, and others without end, with nothing to tell", async () => {
    const gateway = await coderd.createGatewayKey(false);
    const user = await coderd.createUser("member");
    const { revision, gatewayKeyId } = await ask(user.key, gateway.key);
    expect(gatewayKeyId).toBe(gateway.id);
    await using stream = open(gateway.key);
    for (let count = 0; count < 5; count += 1) {
      expect(await stream.next()).toMatchObject({ ...nothing, revision });
    }
  });

  // proves: watch.told
  test("every change that may end a key's liveness is told, by a revision past the answer's", async () => {
    const gateway = await coderd.createGatewayKey(false);
    const other = await coderd.createGatewayKey(false);
    const user = await coderd.createUser("member");
    const { revision } = await ask(user.key, gateway.key);
    await using stream = open(gateway.key);
    await stream.next();
    const { apiKeys, users, gatewayKeys } = coderd.store;
    await users.suspend(user.id, at);
    const suspended = await stream.until(({ userIds }) => userIds.length > 0);
    expect(suspended).toMatchObject({ ...nothing, userIds: [user.id] });
    expect(suspended.revision).toBe(revision + 1n);
    await apiKeys.revoke(user.keyId, at);
    expect(await stream.until(({ apiKeyIds }) => apiKeyIds.length > 0)).toMatchObject({
      ...nothing,
      apiKeyIds: [user.keyId],
      revision: revision + 2n,
    });
    await gatewayKeys.revoke(other.id, at);
    expect(await stream.until(({ gatewayKeyIds }) => gatewayKeyIds.length > 0)).toMatchObject({
      ...nothing,
      gatewayKeyIds: [other.id],
      revision: revision + 3n,
    });
  });

  // proves: watch.resume
  test("who was away is told at once what was missed, each thing once", async () => {
    const gateway = await coderd.createGatewayKey(false);
    const user = await coderd.createUser("member");
    const { revision } = await ask(user.key, gateway.key);
    const { apiKeys, users } = coderd.store;
    await users.suspend(user.id, at);
    await users.activate(user.id);
    await apiKeys.revoke(user.keyId, at);
    {
      await using stream = open(gateway.key, revision);
      expect(await stream.next()).toMatchObject({
        ...nothing,
        revision: revision + 3n,
        apiKeyIds: [user.keyId],
        userIds: [user.id],
      });
      expect(await stream.next()).toMatchObject(nothing);
    }
    await using upToDate = open(gateway.key, revision + 3n);
    expect(await upToDate.next()).toMatchObject({ ...nothing, revision: revision + 3n });
  });

  // proves: watch.reset
  test.each([
    ["forgotten", -1n],
    ["of a store that was restored from a copy", 1_000_000n],
  ])("a revision that is %s is a reset, once", async (_, since) => {
    const gateway = await coderd.createGatewayKey(false);
    await using stream = open(gateway.key, since);
    expect(await stream.next()).toMatchObject({ ...nothing, reset: true });
    expect(await stream.next()).toMatchObject(nothing);
  });

  // proves: watch.own-key
  test("the stream ends with the watching gateway's own key, and is refused from then on", async () => {
    const gateway = await coderd.createGatewayKey(true);
    const refusal = [Code.Unauthenticated, "invalid gateway key", Reason.INVALID_GATEWAY_KEY];
    await using stream = open(gateway.key);
    await stream.next();
    await coderd.store.gatewayKeys.revoke(gateway.id, at);
    const last = await stream.until(({ gatewayKeyIds }) => gatewayKeyIds.length > 0);
    expect(last).toMatchObject({ ...nothing, gatewayKeyIds: [gateway.id] });
    expect(await refusalOf(stream.next())).toEqual(refusal);
    await using again = open(gateway.key, 1n);
    expect(await refusalOf(again.next())).toEqual(refusal);
  });

  // proves: watch.drain
  test("draining ends the stream as unavailable, and a later one at once", async () => {
    await using draining = await startTestCoderd();
    const { key } = await draining.createGatewayKey(false);
    const watchIt = () =>
      watch(AuthorizerService, connectTo(draining.url), key, (client, options) =>
        client.watchInvalidations({}, options),
      );
    await using stream = watchIt();
    await stream.next();
    draining.changes.end();
    const drained = [Code.Unavailable, "coderd is draining", undefined];
    expect(await refusalOf(stream.until(() => false))).toEqual(drained);
    await using late = watchIt();
    expect(await refusalOf(late.until(() => false))).toEqual(drained);
  });

  test("a watch is one log line, at its end", async () => {
    const gateway = await coderd.createGatewayKey(false);
    await using stream = open(gateway.key);
    await stream.next();
    await coderd.store.gatewayKeys.revoke(gateway.id, at);
    await refusalOf(stream.until(() => false));
    const lines = coderd.logLines.filter((line) => line.includes(gateway.id));
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: "info",
        method: "WatchInvalidations",
        code: "unauthenticated",
      }),
    ]);
  });
});

/** Code, message and reason of what ended a stream. */
async function refusalOf(answer: Promise<unknown>): Promise<[Code, string, Reason | undefined]> {
  const error = await answer.then(
    () => new ConnectError("accepted", Code.Unknown),
    (reason: unknown) => ConnectError.from(reason),
  );
  const [failure] = error.findDetails(AuthorizationFailureSchema);
  return [error.code, error.rawMessage, failure?.reason];
}
