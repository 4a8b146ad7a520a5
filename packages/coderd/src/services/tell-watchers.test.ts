import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { UserRole, UserService, UserStatus } from "@aibridge/proto/coder/aibridge/v1/user";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";
import { streamTransports, watch } from "./test-watch.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

let coderd: TestCoderd;
let owner: TestUser;
beforeAll(async () => {
  coderd = await startTestCoderd();
  owner = await coderd.createUser("owner");
});
afterAll(async () => {
  await coderd[Symbol.asyncDispose]();
});

/** Every call that may end what a gateway remembers: who is named, by a call that names them. */
const changes: readonly [string, (name: Named) => Promise<unknown>, keyof Named][] = [
  ["RevokeApiKey", ({ keyId }) => administer(ApiKeyService).revokeApiKey({ id: keyId }), "keyId"],
  ["SetUserRole", ({ id }) => users().setUserRole({ id, role: UserRole.AUDITOR }), "id"],
  ["SuspendUser", ({ id }) => users().suspendUser({ id }), "id"],
  ["ActivateUser", ({ id }) => users().activateUser({ id }), "id"],
  ["DeleteUser", ({ id }) => users().deleteUser({ id }), "id"],
  [
    "RevokeGatewayKey",
    ({ gatewayKeyId: id }) => administer(GatewayKeyService).revokeGatewayKey({ id }),
    "gatewayKeyId",
  ],
];

type Named = Pick<TestUser, "id" | "keyId"> & { readonly gatewayKeyId: string };

const administer = <S extends typeof ApiKeyService | typeof GatewayKeyService>(service: S) =>
  coderd.client(service, owner.key);
const users = () => coderd.client(UserService, owner.key);

describe.each(streamTransports)("to a watcher by $name", ({ connectTo }) => {
  // proves: watch.delivered
  test("the answer to a change comes after the message that tells of it", async () => {
    const gateway = await coderd.createGatewayKey(false);
    await using stream = watch(
      AuthorizerService,
      connectTo(coderd.url),
      gateway.key,
      (client, options) => client.watchInvalidations({}, options),
    );
    await stream.next();
    const user = await coderd.createUser("member");
    const named = { ...user, gatewayKeyId: (await coderd.createGatewayKey(true)).id };
    for (const [call, change, name] of changes) {
      const events: string[] = [];
      const told = stream
        .until(({ apiKeyIds, userIds, gatewayKeyIds }) =>
          [apiKeyIds, userIds, gatewayKeyIds].flat().includes(named[name]),
        )
        .then(() => events.push("told"));
      await change(named);
      events.push(call);
      await told;
      expect(events).toEqual(["told", call]);
    }
  });
});

// proves: watch.delivered
test("a watcher that takes nothing holds nobody up for long, and is logged", async () => {
  const user = await coderd.createUser("member");
  const left = new AbortController();
  using _stalled = coderd.changes.join(left.signal);
  const { user: suspended } = await users().suspendUser({ id: user.id });
  expect(suspended?.id).toBe(user.id);
  const late = coderd.logLines.filter((line) =>
    line.includes("not every gateway was told in time"),
  );
  expect(late.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: "warn", waitMs: 250 }),
  ]);
});

// proves: watch.delivered
test("a change by a caller who left meanwhile is made all the same", async () => {
  const user = await coderd.createUser("member");
  const { revision } = await coderd.store.authorizations.read({});
  const left = new AbortController();
  using stalled = coderd.changes.join(left.signal);
  const leaving = new AbortController();
  const suspending = users().suspendUser({ id: user.id }, { signal: leaving.signal });
  for await (const { invalidations } of stalled.follow(revision)) {
    if (invalidations.some(({ userIds }) => userIds.includes(user.id))) break;
  }
  leaving.abort();
  await expect(suspending).rejects.toThrow("aborted");
  expect((await users().getUser({ user: { case: "id", value: user.id } })).user?.status).toBe(
    UserStatus.SUSPENDED,
  );
});
