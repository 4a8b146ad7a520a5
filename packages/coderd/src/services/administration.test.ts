import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { UserRole, UserService, UserStatus } from "@aibridge/proto/coder/aibridge/v1/user";
import type { DescService } from "@bufbuild/protobuf";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

let coderd: TestCoderd;
let owner: TestUser;
let auditor: TestUser;
let member: TestUser;
let other: TestUser;

beforeAll(async () => {
  coderd = await startTestCoderd();
  owner = await coderd.createUser("owner");
  auditor = await coderd.createUser("auditor");
  member = await coderd.createUser("member");
  other = await coderd.createUser("member");
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const as = <Service extends DescService>(user: TestUser, service: Service) =>
  coderd.client(service, user.key);

const denied = { code: Code.PermissionDenied };
const notFound = { code: Code.NotFound };
const nobodysId = "4d4f0b8a-58e6-4a4e-bd37-1f8e6b0f8f5a";

describe("users", () => {
  test("are created as active members, read by id and name, suspended, activated, deleted", async () => {
    const users = as(owner, UserService);
    const { user } = await users.createUser({ username: "ada.lovelace" });
    const { id = "" } = user ?? {};
    expect(user).toMatchObject({
      username: "ada.lovelace",
      role: UserRole.MEMBER,
      status: UserStatus.ACTIVE,
      system: false,
    });
    const byName = await users.getUser({ user: { case: "username", value: "ada.lovelace" } });
    expect(byName.user).toEqual(user);
    expect((await users.getUser({ user: { case: "id", value: id } })).user).toEqual(user);
    const { SUSPENDED, ACTIVE, DELETED } = UserStatus;
    expect((await users.suspendUser({ id })).user?.status).toBe(SUSPENDED);
    expect((await users.activateUser({ id })).user?.status).toBe(ACTIVE);
    const promoted = await users.setUserRole({ id, role: UserRole.AUDITOR });
    expect(promoted.user?.role).toBe(UserRole.AUDITOR);
    expect((await users.deleteUser({ id })).user?.status).toBe(DELETED);
    await expect(users.activateUser({ id })).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      rawMessage: "the user is deleted",
    });
    await expect(
      users.getUser({ user: { case: "username", value: "ada.lovelace" } }),
    ).rejects.toMatchObject(notFound);
  });

  test("a name in use is already_exists, and the message names the field", async () => {
    const users = as(owner, UserService);
    await expect(users.createUser({ username: member.username })).rejects.toMatchObject({
      code: Code.AlreadyExists,
      rawMessage: "this username is in use",
    });
  });

  test("the last owner can't go", async () => {
    const users = as(owner, UserService);
    const { id } = owner;
    const refused = { code: Code.FailedPrecondition };
    await expect(users.setUserRole({ id, role: UserRole.MEMBER })).rejects.toMatchObject(refused);
    await expect(users.suspendUser({ id })).rejects.toMatchObject(refused);
    await expect(users.deleteUser({ id })).rejects.toMatchObject(refused);
  });

  test("members read themselves, and nobody else, existing or not", async () => {
    const users = as(member, UserService);
    const read = (value: string) => users.getUser({ user: { case: "id", value } });
    expect((await read(member.id)).user?.username).toBe(member.username);
    const byName = { case: "username", value: member.username } as const;
    expect((await users.getUser({ user: byName })).user?.id).toBe(member.id);
    await expect(read(other.id)).rejects.toMatchObject(denied);
    await expect(read(nobodysId)).rejects.toMatchObject(denied);
    const auditing = as(auditor, UserService);
    const found = await auditing.getUser({ user: { case: "id", value: other.id } });
    expect(found.user?.username).toBe(other.username);
    await expect(
      auditing.getUser({ user: { case: "id", value: nobodysId } }),
    ).rejects.toMatchObject(notFound);
  });

  test("a suspended user's key no longer administers", async () => {
    const suspended = await coderd.createUser("owner");
    await as(owner, UserService).suspendUser({ id: suspended.id });
    await expect(as(suspended, UserService).listUsers({})).rejects.toMatchObject({
      code: Code.Unauthenticated,
      rawMessage: "inactive user",
    });
  });

  test.each([
    ["", "username"],
    ["-ada", "username"],
    ["Ada", "username"],
    ["a".repeat(33), "username"],
    ["ada\u0000", "username"],
    ["ada\n", "username"],
  ])("the username %j is an invalid argument", async (username, field) => {
    await expect(as(owner, UserService).createUser({ username })).rejects.toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: expect.stringMatching(`^${field}: must be`),
    });
  });
});

describe("API keys", () => {
  test("work from creation to revocation", async () => {
    const keys = as(member, ApiKeyService);
    const lifetime = durationFromMs(3_600_000);
    const { apiKey, key } = await keys.createApiKey({ name: "laptop", lifetime });
    coderd.secrets.push(key);
    expect(key).toMatch(/^[0-9A-Za-z]{10}-[0-9A-Za-z]{22}$/);
    expect(apiKey).toMatchObject({ id: key.slice(0, 10), userId: member.id, name: "laptop" });
    const expiry = apiKey?.expireTime && timestampMs(apiKey.expireTime);
    expect(expiry).toBe(coderd.clock.now.getTime() + 3_600_000);
    const gateway = await coderd.createGatewayKey(false);
    const authorizer = coderd.client(AuthorizerService, gateway.key);
    const credential = { case: "key", value: key } as const;
    expect((await authorizer.isAuthorized({ credential })).ownerId).toBe(member.id);
    const { apiKey: revoked } = await keys.revokeApiKey({ id: apiKey?.id ?? "" });
    expect(revoked?.revokeTime).toBeDefined();
    await expect(authorizer.isAuthorized({ credential })).rejects.toMatchObject({
      rawMessage: "unknown key",
    });
  });

  test("members see and change their own only", async () => {
    const keys = as(member, ApiKeyService);
    await expect(keys.getApiKey({ id: other.keyId })).rejects.toMatchObject(denied);
    await expect(keys.revokeApiKey({ id: other.keyId })).rejects.toMatchObject(denied);
    await expect(keys.createApiKey({ userId: other.id })).rejects.toMatchObject(denied);
    await expect(keys.listApiKeys({ userId: other.id })).rejects.toMatchObject(denied);
    // Existing or not: no difference to see.
    await expect(keys.getApiKey({ id: "AAAAAAAAAA" })).rejects.toMatchObject(denied);
    const { apiKeys } = await keys.listApiKeys({});
    expect(new Set(apiKeys.map(({ userId }) => userId))).toEqual(new Set([member.id]));
  });

  test("auditors see everybody's and change their own only", async () => {
    const keys = as(auditor, ApiKeyService);
    expect((await keys.getApiKey({ id: other.keyId })).apiKey?.userId).toBe(other.id);
    const { apiKeys } = await keys.listApiKeys({});
    expect(apiKeys.map(({ id }) => id)).toEqual(expect.arrayContaining([owner.keyId, other.keyId]));
    await expect(keys.revokeApiKey({ id: other.keyId })).rejects.toMatchObject(denied);
    await expect(keys.createApiKey({ userId: other.id })).rejects.toMatchObject(denied);
    await expect(keys.getApiKey({ id: "AAAAAAAAAA" })).rejects.toMatchObject(notFound);
    const { key } = await keys.createApiKey({});
    coderd.secrets.push(key);
  });

  test("owners make and revoke everybody's", async () => {
    const keys = as(owner, ApiKeyService);
    const { apiKey, key } = await keys.createApiKey({ userId: other.id });
    coderd.secrets.push(key);
    expect(apiKey?.userId).toBe(other.id);
    const revoked = await keys.revokeApiKey({ id: apiKey?.id ?? "" });
    expect(revoked.apiKey?.revokeTime).toBeDefined();
    await expect(keys.createApiKey({ userId: nobodysId })).rejects.toMatchObject(notFound);
  });

  test.each([
    ["a name of 65", { name: "x".repeat(65) }],
    ["a name of two lines", { name: "a\nb" }],
    ["no lifetime at all", { lifetime: durationFromMs(0) }],
    ["a lifetime before now", { lifetime: durationFromMs(-1) }],
    ["a lifetime of 101 years", { lifetime: { seconds: 3_187_296_000n } }],
    ["an owner that is no id", { userId: "ada" }],
  ])("%s is an invalid argument", async (_, request) => {
    await expect(as(owner, ApiKeyService).createApiKey(request)).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });
});

describe("gateway keys", () => {
  test("work from creation to revocation", async () => {
    const keys = as(owner, GatewayKeyService);
    const { gatewayKey, key } = await keys.createGatewayKey({ name: "eu-1", canDelegate: true });
    coderd.secrets.push(key);
    expect(key).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(gatewayKey).toMatchObject({
      name: "eu-1",
      prefix: key.slice(0, 11),
      canDelegate: true,
    });
    await expect(keys.createGatewayKey({ name: "eu-1" })).rejects.toMatchObject({
      code: Code.AlreadyExists,
      rawMessage: "this name is in use",
    });
    const byName = await keys.getGatewayKey({ gatewayKey: { case: "name", value: "eu-1" } });
    expect(byName.gatewayKey).toEqual(gatewayKey);
    const { id = "" } = gatewayKey ?? {};
    expect((await keys.revokeGatewayKey({ id })).gatewayKey?.revokeTime).toBeDefined();
    const byId = await keys.getGatewayKey({ gatewayKey: { case: "id", value: id } });
    expect(byId.gatewayKey?.revokeTime).toBeDefined();
    await expect(keys.revokeGatewayKey({ id: nobodysId })).rejects.toMatchObject(notFound);
  });

  test.each(["", "-a", "a--b", "a-", "A", "a_b", "a".repeat(65)])(
    "the name %j is an invalid argument",
    async (name) => {
      await expect(as(owner, GatewayKeyService).createGatewayKey({ name })).rejects.toMatchObject({
        code: Code.InvalidArgument,
      });
    },
  );
});

describe("pages", () => {
  test("have every item once, and tokens that tell nothing", async () => {
    const users = as(owner, UserService);
    const all = (await users.listUsers({})).users.map(({ id }) => id);
    const paged: string[] = [];
    let pageToken = "";
    do {
      const page = await users.listUsers({ pageSize: 2, pageToken });
      paged.push(...page.users.map(({ id }) => id));
      pageToken = page.nextPageToken;
      expect(pageToken).toMatch(/^[A-Za-z0-9_-]*$/);
    } while (pageToken !== "");
    expect(paged).toEqual(all);
  });

  test("a size or a token that is none is an invalid argument", async () => {
    const users = as(owner, UserService);
    const invalid = { code: Code.InvalidArgument };
    for (const pageSize of [-1, 1001, 2_147_483_647]) {
      await expect(users.listUsers({ pageSize })).rejects.toMatchObject(invalid);
    }
    const { nextPageToken } = await users.listUsers({ pageSize: 1 });
    const otherList = as(owner, ApiKeyService).listApiKeys({ pageToken: nextPageToken });
    await expect(otherList).rejects.toMatchObject(invalid);
    const encode = (text: string) => Buffer.from(text).toString("base64url");
    for (const pageToken of [
      "x",
      `${nextPageToken}=`,
      encode("users:-1"),
      encode("users:9999999999999999999"),
      encode("users:1 or 1=1"),
      "A".repeat(100_000),
    ]) {
      await expect(users.listUsers({ pageToken })).rejects.toMatchObject(invalid);
    }
  });
});
