import { randomUUID } from "node:crypto";
import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { generateApiKey } from "../keys/api-key.ts";
import { generateGatewayKey } from "../keys/gateway-key.ts";
import type { NewGatewayKey } from "./gateway-keys.ts";
import { openEmbeddedStore } from "./open-embedded.ts";
import { openPostgresStore } from "./open-postgres.ts";
import type { NewProvider, ProviderKey } from "./providers.ts";
import type { Store } from "./store.ts";
import type { NewUser } from "./users.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const createTime = new Date("2030-01-01T00:00:00.123Z");
const later = new Date("2030-01-01T00:01:00.456Z");
const latest = new Date("2030-01-01T00:02:00.789Z");

// proves: store.same
describe("the store on the embedded database", () => {
  contract(() => openEmbeddedStore());
});

describeWithDatabase("the store on PostgreSQL", (url) => {
  contract(() => openPostgresStore(new Secret(url())));
});

/** What every store promises, whatever database is below it. */
function contract(open: () => Promise<Store>): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
  });

  let lastNumber = 0;
  const uniqueName = () => {
    lastNumber += 1;
    return `name-${lastNumber}`;
  };
  const newUser = (fields: Partial<NewUser> = {}): NewUser => ({
    id: randomUUID(),
    username: uniqueName(),
    role: "member",
    system: false,
    createTime,
    ...fields,
  });
  const createApiKey = async (userId: string) => {
    const { id, secretHash } = generateApiKey();
    const key = { id, userId, name: "", secretHash, createTime, expireTime: null };
    return { ...(await store.apiKeys.create(key)), secretHash };
  };
  const newGatewayKey = (): NewGatewayKey => {
    const { prefix, hash } = generateGatewayKey();
    return { id: randomUUID(), name: uniqueName(), prefix, hash, canDelegate: false, createTime };
  };
  const newProviderKey = (): ProviderKey => ({
    id: randomUUID(),
    keyId: "k1",
    sealed: Uint8Array.of(0, 1, 255),
    hint: "sk...yz",
    createTime,
  });
  const newProvider = (): NewProvider => ({
    id: randomUUID(),
    name: uniqueName(),
    type: "anthropic",
    baseUrl: "https://example.com",
    enabled: true,
    keys: [newProviderKey()],
    createTime,
  });
  const revision = async () => (await store.authorizations.read({})).revision;

  test("a user is found by id and by name, as it was created", async () => {
    const user = newUser({ role: "auditor", system: true });
    const created = await store.users.create(user);
    expect(created).toEqual({ ...user, seq: created.seq, suspendTime: null, deleteTime: null });
    expect(await store.users.getById(user.id)).toEqual(created);
    expect(await store.users.getByUsername(user.username)).toEqual(created);
    expect(await store.users.getById(randomUUID())).toBeUndefined();
    expect(await store.users.getByUsername("nobody")).toBeUndefined();
  });

  test("a user's name is unique until the user is deleted", async () => {
    const { id, username } = await store.users.create(newUser());
    await expect(store.users.create(newUser({ username }))).rejects.toMatchObject({
      code: "23505",
      constraint: "users_username_key",
    });
    await store.users.delete(id, later);
    const successor = await store.users.create(newUser({ username }));
    expect(await store.users.getByUsername(username)).toEqual(successor);
    expect((await store.users.getById(id))?.deleteTime).toEqual(later);
  });

  test("changes of a user are idempotent: the first time stays, the revision too", async () => {
    const { id } = await store.users.create(newUser());
    const before = await revision();
    expect((await store.users.suspend(id, later)).suspendTime).toEqual(later);
    expect((await store.users.suspend(id, latest)).suspendTime).toEqual(later);
    expect(await revision()).toBe(before + 1n);
    expect((await store.users.activate(id)).suspendTime).toBeNull();
    expect((await store.users.activate(id)).suspendTime).toBeNull();
    expect(await revision()).toBe(before + 2n);
    expect((await store.users.delete(id, later)).deleteTime).toEqual(later);
    expect((await store.users.delete(id, latest)).deleteTime).toEqual(later);
    expect(await revision()).toBe(before + 3n);
  });

  test("a deleted user stays deleted, and one who does not exist is not found", async () => {
    const { id } = await store.users.create(newUser());
    await store.users.delete(id, later);
    const deleted = { code: "user_deleted" };
    await expect(store.users.activate(id)).rejects.toMatchObject(deleted);
    await expect(store.users.suspend(id, later)).rejects.toMatchObject(deleted);
    await expect(store.users.setRole(id, "owner")).rejects.toMatchObject(deleted);
    await expect(createApiKey(id)).rejects.toMatchObject(deleted);
    const nobody = randomUUID();
    const notFound = { code: "not_found" };
    await expect(store.users.activate(nobody)).rejects.toMatchObject(notFound);
    await expect(store.users.delete(nobody, later)).rejects.toMatchObject(notFound);
    await expect(createApiKey(nobody)).rejects.toMatchObject(notFound);
  });

  test("the last owner stays, however many are to go at once", async () => {
    const owners = await Promise.all(
      [1, 2, 3].map(() => store.users.create(newUser({ role: "owner" }))),
    );
    await store.users.create(newUser({ role: "owner", system: true }));
    const [first, second, third] = owners.map(({ id }) => id);
    const outcomes = await Promise.allSettled([
      store.users.setRole(first ?? "", "member"),
      store.users.suspend(second ?? "", later),
      store.users.delete(third ?? "", later),
    ]);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "last_owner" } }]);
  });

  test("a list has every item once, in order, whatever the size of its pages", async () => {
    const userId = (await store.users.create(newUser())).id;
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await createApiKey(userId)).id);
    for (const size of [1, 2, 4, 5, 6]) {
      const listed: string[] = [];
      let after: bigint | undefined;
      do {
        const page = await store.apiKeys.list({ size, after, userId, showRevoked: false });
        expect(page.items.length).toBeLessThanOrEqual(size);
        listed.push(...page.items.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(listed).toEqual(ids);
    }
  });

  test("an item that is removed between two pages moves none of the others", async () => {
    const userId = (await store.users.create(newUser())).id;
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push((await createApiKey(userId)).id);
    const first = await store.apiKeys.list({ size: 2, userId, showRevoked: false });
    await store.apiKeys.revoke(ids[0] ?? "", later);
    const rest = { size: 9, after: first.next, userId, showRevoked: false };
    const second = await store.apiKeys.list(rest);
    expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2));
  });

  test("lists leave out what is revoked or deleted unless it is asked for", async () => {
    const user = await store.users.create(newUser());
    const key = await createApiKey(user.id);
    const gatewayKey = await store.gatewayKeys.create(newGatewayKey());
    await store.apiKeys.revoke(key.id, later);
    await store.gatewayKeys.revoke(gatewayKey.id, later);
    await store.users.delete(user.id, later);
    const size = 1000;
    const idsOf = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id);
    expect(idsOf(await store.apiKeys.list({ size, showRevoked: false }))).not.toContain(key.id);
    expect(idsOf(await store.apiKeys.list({ size, showRevoked: true }))).toContain(key.id);
    const gatewayKeys = await store.gatewayKeys.list({ size, showRevoked: false });
    expect(idsOf(gatewayKeys)).not.toContain(gatewayKey.id);
    const allGatewayKeys = await store.gatewayKeys.list({ size, showRevoked: true });
    expect(idsOf(allGatewayKeys)).toContain(gatewayKey.id);
    expect(idsOf(await store.users.list({ size, showDeleted: false }))).not.toContain(user.id);
    expect(idsOf(await store.users.list({ size, showDeleted: true }))).toContain(user.id);
  });

  test("an API key never leaves the store with its hash, and is revoked for ever", async () => {
    const { id } = await createApiKey((await store.users.create(newUser())).id);
    expect(await store.apiKeys.get(id)).not.toHaveProperty("secretHash");
    const before = await revision();
    expect((await store.apiKeys.revoke(id, later)).revokeTime).toEqual(later);
    expect((await store.apiKeys.revoke(id, latest)).revokeTime).toEqual(later);
    expect(await revision()).toBe(before + 1n);
    const unknown = store.apiKeys.revoke("AAAAAAAAAA", later);
    await expect(unknown).rejects.toMatchObject({ code: "not_found" });
  });

  test("a gateway key's name is unique until the key is revoked", async () => {
    const key = newGatewayKey();
    await store.gatewayKeys.create(key);
    const namesake = { ...newGatewayKey(), name: key.name };
    await expect(store.gatewayKeys.create(namesake)).rejects.toMatchObject({
      code: "23505",
      constraint: "gateway_keys_name_key",
    });
    const before = await revision();
    expect((await store.gatewayKeys.revoke(key.id, later)).revokeTime).toEqual(later);
    expect((await store.gatewayKeys.revoke(key.id, latest)).revokeTime).toEqual(later);
    expect(await revision()).toBe(before + 1n);
    expect(await store.gatewayKeys.getByName(key.name)).toBeUndefined();
    expect(await store.gatewayKeys.create(namesake)).not.toHaveProperty("hash");
  });

  test("the time a gateway key was seen only grows", async () => {
    const { id } = await store.gatewayKeys.create(newGatewayKey());
    await store.gatewayKeys.seen(id, latest);
    await store.gatewayKeys.seen(id, later);
    expect((await store.gatewayKeys.getById(id))?.lastSeenTime).toEqual(latest);
  });

  test("one read tells all about an authorization, or that nothing is known", async () => {
    const user = await store.users.create(newUser({ role: "owner" }));
    const { id: apiKeyId, secretHash } = await createApiKey(user.id);
    const gatewayKey = newGatewayKey();
    await store.gatewayKeys.create(gatewayKey);
    const facts = await store.authorizations.read({ gatewayKeyHash: gatewayKey.hash, apiKeyId });
    expect(facts).toEqual({
      revision: expect.any(BigInt),
      gatewayKey: {
        id: gatewayKey.id,
        canDelegate: false,
        isRevoked: false,
        lastSeenTime: null,
      },
      apiKey: {
        id: apiKeyId,
        secretHash: expect.anything(),
        expireTime: null,
        isRevoked: false,
      },
      owner: {
        id: user.id,
        username: user.username,
        role: "owner",
        isSystem: false,
        isSuspended: false,
        isDeleted: false,
      },
    });
    expect(Buffer.from(facts.apiKey?.secretHash ?? [])).toEqual(Buffer.from(secretHash));
    expect(await store.authorizations.read({ apiKeyId: "AAAAAAAAAA" })).toEqual({
      revision: facts.revision,
      gatewayKey: undefined,
      apiKey: undefined,
      owner: undefined,
    });
  });

  test("a provider keeps its sealed bytes, and every change of it is a new revision", async () => {
    const provider = newProvider();
    const before = (await store.providers.snapshot(0n)).revision;
    await store.providers.create(provider);
    const found = await store.providers.get(provider.name);
    expect(found).toMatchObject({ id: provider.id, updateTime: createTime, deleteTime: null });
    expect(Buffer.from(found?.keys[0]?.sealed ?? []).toString("hex")).toBe("0001ff");
    const changed = await store.providers.update(provider.id, { enabled: false }, later);
    expect(changed).toMatchObject({ enabled: false, updateTime: later });
    await store.providers.delete(provider.id, latest);
    expect(await store.providers.get(provider.name)).toBeUndefined();
    const gone = store.providers.update(provider.id, { enabled: true }, latest);
    await expect(gone).rejects.toMatchObject({ code: "not_found" });
    const { revision: after } = await store.providers.snapshot(before);
    expect(after).toBe(before + 3n);
    expect(await store.providers.snapshot(after)).toEqual({
      revision: after,
      providers: undefined,
    });
  });

  test("a provider's keys keep their order; one more than twenty is refused", async () => {
    const provider = { ...newProvider(), keys: [] };
    await store.providers.create(provider);
    const keys = Array.from({ length: 20 }, newProviderKey);
    for (const key of keys) await store.providers.addKey(provider.id, key, later);
    const ids = async () => (await store.providers.get(provider.name))?.keys.map(({ id }) => id);
    expect(await ids()).toEqual(keys.map(({ id }) => id));
    const oneMore = store.providers.addKey(provider.id, newProviderKey(), later);
    await expect(oneMore).rejects.toMatchObject({ code: "resource_exhausted" });
    const [first, second, ...rest] = keys.map(({ id }) => id);
    await store.providers.removeKey(provider.id, second ?? "", later);
    expect(await ids()).toEqual([first, ...rest]);
    const again = store.providers.removeKey(provider.id, second ?? "", later);
    await expect(again).rejects.toMatchObject({ code: "not_found" });
    const only = newProviderKey();
    await store.providers.update(provider.id, { keys: [only] }, later);
    expect(await ids()).toEqual([only.id]);
    await store.providers.delete(provider.id, later);
  });

  test("providers are listed in the order of their names, each name once", async () => {
    for (const name of ["zz-b", "zz-a", "zz-a-1", "zz-10"]) {
      await store.providers.create({ ...newProvider(), name });
    }
    const page = await store.providers.list({ size: 3, after: "zz" });
    expect(page.items.map(({ name }) => name)).toEqual(["zz-10", "zz-a", "zz-a-1"]);
    const rest = await store.providers.list({ size: 3, after: page.next });
    expect(rest.items.map(({ name }) => name)).toEqual(["zz-b"]);
    expect(rest.next).toBeUndefined();
    await expect(store.providers.create({ ...newProvider(), name: "zz-a" })).rejects.toMatchObject({
      code: "23505",
      constraint: "providers_name_key",
    });
  });

  test("what runs exclusively is done all or not at all", async () => {
    const user = newUser();
    const failing = store.exclusively(async ({ users }) => {
      await users.create(user);
      await users.suspend(user.id, later);
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await store.users.getById(user.id)).toBeUndefined();
  });

  test("fifty changes at once are fifty revisions", async () => {
    const { id } = await store.users.create(newUser());
    const before = await revision();
    await Promise.all(Array.from({ length: 50 }, () => createApiKey(id)));
    expect(await revision()).toBe(before + 50n);
  });
}
