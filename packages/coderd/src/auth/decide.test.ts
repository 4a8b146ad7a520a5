import { Secret } from "@aibridge/secret";
import { describe, expect, test } from "@jest/globals";
import { hashSecret } from "../keys/secret-hash.ts";
import type { ApiKeyFacts, OwnerFacts } from "../store/authorizations.ts";
import { type Credential, credentialFromKey, credentialFromRequest } from "./credential.ts";
import { decide } from "./decide.ts";

const id = "AAAAAAAAAA";
const secret = "BBBBBBBBBBBBBBBBBBBBBB";
const now = new Date("2030-01-01T00:00:00Z");

const direct: Credential = { kind: "key", id, secret: new Secret(secret) };
const delegated: Credential = { kind: "key_id", id };

/** Everything is wrong with this key and its owner that can be. */
const worstKey: ApiKeyFacts = {
  id,
  secretHash: hashSecret(new Secret("another secret")),
  expireTime: now,
  isRevoked: true,
};
const worstOwner: OwnerFacts = {
  id: "4d4f0b8a-58e6-4a4e-bd37-1f8e6b0f8f5a",
  username: "ada",
  role: "member",
  isDeleted: true,
  isSuspended: true,
  isSystem: true,
};

/**
 * Each step puts one more thing right, so the first check that still fails must
 * answer, although all later ones would fail as well.
 */
const unrevoked = { ...worstKey, isRevoked: false };
const matching = { ...unrevoked, secretHash: hashSecret(new Secret(secret)) };
const unexpired = { ...matching, expireTime: new Date(now.getTime() + 1) };
const undeleted = { ...worstOwner, isDeleted: false };
const active = { ...undeleted, isSuspended: false };
const ordinary = { ...active, isSystem: false };

type Row = [Credential, ApiKeyFacts | undefined, OwnerFacts | undefined, string];

describe("the checks answer in their order", () => {
  test.each<Row>([
    [{ kind: "missing" }, worstKey, worstOwner, "missing_credential"],
    [{ kind: "malformed" }, worstKey, worstOwner, "invalid_key"],
    [direct, undefined, undefined, "unknown_key"],
    [direct, worstKey, worstOwner, "unknown_key"],
    [direct, unrevoked, worstOwner, "invalid_key"],
    [direct, matching, worstOwner, "expired"],
    [direct, unexpired, undefined, "unknown_user"],
    [direct, unexpired, worstOwner, "deleted_user"],
    [direct, unexpired, undeleted, "inactive_user"],
    [direct, unexpired, active, "system_user"],
    [delegated, undefined, undefined, "unknown_key"],
    [{ kind: "key_id", id: undefined }, undefined, undefined, "unknown_key"],
    [delegated, worstKey, worstOwner, "unknown_key"],
    [delegated, unrevoked, worstOwner, "expired"],
    [delegated, unexpired, undefined, "unknown_user"],
    [delegated, unexpired, worstOwner, "deleted_user"],
    [delegated, unexpired, undeleted, "inactive_user"],
    [delegated, unexpired, active, "system_user"],
  ])("%#: %j", (credential, apiKey, owner, reason) => {
    expect(decide({ credential, apiKey, owner, now })).toEqual({ accepted: false, reason });
  });
});

test.each([
  ["direct", direct],
  ["delegated", delegated],
])("a live key of an ordinary user is accepted, %s", (_, credential) => {
  expect(decide({ credential, apiKey: unexpired, owner: ordinary, now })).toEqual({
    accepted: true,
    apiKey: unexpired,
    owner: ordinary,
  });
});

test("a key without an expiry never expires", () => {
  const apiKey = { ...unexpired, expireTime: null };
  const decision = decide({ credential: direct, apiKey, owner: ordinary, now: new Date(8e15) });
  expect(decision.accepted).toBe(true);
});

test.each([
  ["", "missing"],
  ["x", "malformed"],
  [`${id}-${secret}`, "key"],
])("the key %j is a credential of kind %s", (text, kind) => {
  expect(credentialFromKey(text).kind).toBe(kind);
});

test.each([
  [{ case: undefined }, { kind: "missing" }],
  [{ case: "key", value: "" }, { kind: "missing" }],
  [{ case: "keyId", value: "" }, { kind: "missing" }],
  [
    { case: "keyId", value: id },
    { kind: "key_id", id },
  ],
  [
    { case: "keyId", value: `${id}-${secret}` },
    { kind: "key_id", id: undefined },
  ],
  [
    { case: "keyId", value: "AAAAAAAAA!" },
    { kind: "key_id", id: undefined },
  ],
] as const)("a request with %j holds %j", (credential, expected) => {
  const request = { $typeName: "coder.aibridge.v1.IsAuthorizedRequest", credential } as Parameters<
    typeof credentialFromRequest
  >[0];
  expect(credentialFromRequest(request)).toEqual(expected);
});
