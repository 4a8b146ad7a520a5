import {
  AuthorizationFailureSchema,
  AuthorizationFailureReason as Reason,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { coderdClients } from "@aibridge/testing/harness";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect } from "@jest/globals";
import { unknownKey } from "./ask.ts";
import { proves } from "./proves.ts";
import { createUser, type NewUser, shareWorld } from "./world.ts";

const world = shareWorld();

/** The code, message and reason by which a call is refused. */
async function refusalOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof ConnectError)) throw new Error("was not refused", { cause: error });
  const [detail] = error.findDetails(AuthorizationFailureSchema);
  return { code: error.code, message: error.rawMessage, reason: detail?.reason };
}

function authorizer(token = world().pair.gatewayKey) {
  return coderdClients(world().pair.coderdUrl, token).authorizer;
}

function askKey(value: string) {
  return authorizer().isAuthorized({ credential: { case: "key", value } });
}

function askId(value: string) {
  return authorizer().isAuthorized({ credential: { case: "keyId", value } });
}

proves(
  ["authorizer.key", "authorizer.key-id"],
  "a key and its id get the same answer",
  async () => {
    const user = await createUser(world().pair);
    const expected = { ownerId: user.id, apiKeyId: user.keyId, username: user.username };
    expect(await askKey(user.key)).toMatchObject(expected);
    expect(await askId(user.keyId)).toMatchObject(expected);
  },
);

proves(["authorizer.missing", "authorizer.reason"], "no credential, or an empty one", async () => {
  const expected = {
    code: Code.InvalidArgument,
    message: "missing credential",
    reason: Reason.MISSING_CREDENTIAL,
  };
  expect(await refusalOf(authorizer().isAuthorized({}))).toEqual(expected);
  expect(await refusalOf(askKey(""))).toEqual(expected);
  expect(await refusalOf(askId(""))).toEqual(expected);
});

const malformedKeys = [
  "nonsense",
  "-",
  `${"a".repeat(10)}${"b".repeat(22)}`,
  `${"a".repeat(9)}-${"b".repeat(22)}`,
  `${"a".repeat(10)}-${"b".repeat(21)}`,
  `${"a".repeat(10)}-${"b".repeat(23)}`,
  `${"a".repeat(10)}-${"b".repeat(11)}-${"b".repeat(10)}`,
];

for (const key of malformedKeys) {
  proves(["authorizer.malformed", "authorizer.reason"], `a malformed key: ${key}`, async () => {
    expect(await refusalOf(askKey(key))).toEqual({
      code: Code.Unauthenticated,
      message: "invalid key",
      reason: Reason.INVALID_KEY,
    });
  });
}

proves(
  ["authorizer.unknown", "authorizer.reason"],
  "an unknown key, an unknown id, an id of no form",
  async () => {
    const { pair } = world();
    const expected = {
      code: Code.Unauthenticated,
      message: "unknown key",
      reason: Reason.UNKNOWN_KEY,
    };
    expect(await refusalOf(askKey(unknownKey))).toEqual(expected);
    for (const id of ["a".repeat(10), "short", "a".repeat(11), pair.apiKey, "aaaa-aaaaa"]) {
      expect(await refusalOf(askId(id))).toEqual(expected);
    }
  },
);

proves(["authorizer.secret", "authorizer.reason"], "a wrong secret", async () => {
  const user = await createUser(world().pair);
  expect(await refusalOf(askKey(`${user.keyId}-${"x".repeat(22)}`))).toEqual({
    code: Code.Unauthenticated,
    message: "invalid key",
    reason: Reason.INVALID_KEY,
  });
});

/** Asks until the key has expired, and resolves to the refusal. */
async function untilExpired(user: NewUser) {
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    const refused = await refusalOf(askKey(user.key)).catch(() => undefined);
    if (refused !== undefined) return refused;
    deadline.throwIfAborted();
  }
}

proves(
  ["authorizer.expired", "authorizer.order", "authorizer.reason"],
  "an expired key, of which a wrong secret learns nothing",
  async () => {
    const { pair } = world();
    const user = await createUser(pair, 1);
    const expired = { code: Code.Unauthenticated, message: "expired", reason: Reason.EXPIRED };
    expect(await untilExpired(user)).toEqual(expired);
    expect(await refusalOf(askId(user.keyId))).toEqual(expired);
    const guess = `${user.keyId}-${"x".repeat(22)}`;
    expect(await refusalOf(askKey(guess))).toMatchObject({ reason: Reason.INVALID_KEY });
    // Expiry comes before what is wrong with the owner.
    await pair.owner.users.suspendUser({ id: user.id });
    expect(await refusalOf(askKey(user.key))).toEqual(expired);
  },
);

proves(["authorizer.suspended", "authorizer.reason"], "a suspended owner", async () => {
  const { pair } = world();
  const user = await createUser(pair);
  await pair.owner.users.suspendUser({ id: user.id });
  const expected = {
    code: Code.PermissionDenied,
    message: "inactive user",
    reason: Reason.INACTIVE_USER,
  };
  expect(await refusalOf(askKey(user.key))).toEqual(expected);
  expect(await refusalOf(askId(user.keyId))).toEqual(expected);
});

proves(
  ["authorizer.deleted", "authorizer.order", "authorizer.reason"],
  "a deleted owner, also one who was suspended before",
  async () => {
    const { pair } = world();
    const user = await createUser(pair);
    await pair.owner.users.suspendUser({ id: user.id });
    await pair.owner.users.deleteUser({ id: user.id });
    const expected = {
      code: Code.PermissionDenied,
      message: "deleted user",
      reason: Reason.DELETED_USER,
    };
    expect(await refusalOf(askKey(user.key))).toEqual(expected);
    expect(await refusalOf(askId(user.keyId))).toEqual(expected);
  },
);

proves(["authorizer.system", "authorizer.reason"], "a system user", async () => {
  const { owner } = world().pair;
  const { user } = await owner.users.createUser({ username: "system-user", system: true });
  const { key } = await owner.apiKeys.createApiKey({ userId: user?.id ?? "" });
  expect(await refusalOf(askKey(key))).toEqual({
    code: Code.PermissionDenied,
    message: "system user",
    reason: Reason.SYSTEM_USER,
  });
});

proves("authorizer.caller", "nobody but a live gateway key is answered", async () => {
  const { pair } = world();
  const { gatewayKey, key } = await pair.owner.gatewayKeys.createGatewayKey({
    name: "short-lived",
  });
  const credential = { case: "key", value: pair.apiKey } as const;
  await authorizer(key).isAuthorized({ credential });
  await pair.owner.gatewayKeys.revokeGatewayKey({ id: gatewayKey?.id ?? "" });
  for (const token of [undefined, "nonsense", pair.apiKey, pair.ownerKey, key]) {
    const asked = coderdClients(pair.coderdUrl, token).authorizer.isAuthorized({ credential });
    expect(await refusalOf(asked)).toMatchObject({
      code: Code.Unauthenticated,
      reason: Reason.INVALID_GATEWAY_KEY,
    });
  }
});

proves(
  "authorizer.can-delegate",
  "a gateway key that may not delegate asks with keys only",
  async () => {
    const { pair } = world();
    const { key } = await pair.owner.gatewayKeys.createGatewayKey({ name: "keys-only" });
    const user = await createUser(pair);
    const credential = { case: "keyId", value: user.keyId } as const;
    await authorizer(key).isAuthorized({ credential: { case: "key", value: user.key } });
    expect(await refusalOf(authorizer(key).isAuthorized({ credential }))).toMatchObject({
      code: Code.PermissionDenied,
      reason: Reason.GATEWAY_KEY_CANNOT_DELEGATE,
    });
  },
);

proves(["keys.api.form", "keys.gateway.form"], "keys have their forms", async () => {
  const { pair } = world();
  for (const key of [pair.apiKey, pair.ownerKey, (await createUser(pair)).key]) {
    expect(key).toMatch(/^[A-Za-z0-9]{10}-[A-Za-z0-9]{22}$/);
  }
  const { gatewayKey, key } = await pair.owner.gatewayKeys.createGatewayKey({ name: "a-form" });
  expect(key).toMatch(/^[A-Za-z0-9]{43}$/);
  expect(gatewayKey?.prefix).toBe(key.slice(0, 11));
});

proves("keys.shown-once", "a key is in the answer that made it, and in no other", async () => {
  const { pair } = world();
  const user = await createUser(pair);
  const secret = user.key.slice(11);
  const shown = JSON.stringify(
    [
      await pair.owner.apiKeys.getApiKey({ id: user.keyId }),
      await pair.owner.apiKeys.listApiKeys({ userId: user.id }),
      await pair.owner.gatewayKeys.listGatewayKeys({}),
    ],
    (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
  );
  expect(shown).toContain(user.keyId);
  expect(shown).not.toContain(secret);
  expect(shown).not.toContain(pair.gatewayKey);
});

const gatewayKeyNames: readonly [name: string, accepted: boolean][] = [
  ["a", true],
  ["team-a-2", true],
  ["a".repeat(64), true],
  ["", false],
  ["A", false],
  ["-a", false],
  ["a-", false],
  ["a--b", false],
  ["a_b", false],
  ["a".repeat(65), false],
];

for (const [name, accepted] of gatewayKeyNames) {
  const verb = accepted ? "may" : "may not";
  proves("keys.gateway.name", `a gateway key ${verb} be called "${name}"`, async () => {
    const { gatewayKeys } = world().pair.owner;
    const created = gatewayKeys.createGatewayKey({ name });
    if (!accepted) {
      await expect(created).rejects.toMatchObject({ code: Code.InvalidArgument });
      return;
    }
    const { gatewayKey } = await created;
    await expect(gatewayKeys.createGatewayKey({ name })).rejects.toMatchObject({
      code: Code.AlreadyExists,
    });
    await gatewayKeys.revokeGatewayKey({ id: gatewayKey?.id ?? "" });
    await gatewayKeys.createGatewayKey({ name });
  });
}
