import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { openEmbeddedStore } from "./open-embedded.ts";
import { openPostgresStore } from "./open-postgres.ts";
import type { Store } from "./store.ts";
import { createApiKey, createGatewayKey, createUser } from "./test-keys.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const at = new Date("2030-01-01T00:00:00.000Z");
const never = 9_223_372_036_854_775_807n;

// proves: store.same
describe("the changes of the embedded database", () => {
  contract(() => openEmbeddedStore());
});

describeWithDatabase("the changes of PostgreSQL", (url) => {
  contract(() => openPostgresStore(new Secret(url())));

  test("a change through one store is told by a listener of another", async () => {
    await using a = await openPostgresStore(new Secret(url()));
    await using b = await openPostgresStore(new Secret(url()));
    const id = await createApiKey(a, await createUser(a));
    const listening = await listen(b);
    await using _ = listening.listener;
    const { keysRevision } = await listening.listener.since(never);
    const told = listening.told();
    await a.apiKeys.revoke(id, at);
    await told;
    expect((await listening.listener.since(keysRevision)).invalidations).toMatchObject([
      { apiKeyIds: [id] },
    ]);
  });

  test("of changes, the last 10,000 are kept", async () => {
    await using store = await openPostgresStore(new Secret(url()));
    const id = await createGatewayKey(store);
    await query(url(), "update revisions set value = value + 9999 where name = 'keys'");
    await store.gatewayKeys.revoke(id, at);
    const { keysRevision } = await store.changes.since(never);
    const kept = "select count(*)::int as n, min(revision)::text as oldest from invalidations";
    // The one before the jump is exactly too old.
    expect(await query(url(), kept)).toEqual([{ n: 1, oldest: String(keysRevision) }]);
    expect((await store.changes.since(keysRevision - 2n)).invalidations).toBeUndefined();
    expect((await store.changes.since(keysRevision - 1n)).invalidations).toMatchObject([
      { gatewayKeyIds: [id] },
    ]);
  });
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

  /** What `change` left under its revision. */
  async function touchedBy(change: () => Promise<unknown>) {
    const before = await store.changes.since(never);
    await change();
    const { keysRevision, invalidations } = await store.changes.since(before.keysRevision);
    expect(invalidations?.map(({ revision }) => revision)).toEqual(
      keysRevision === before.keysRevision ? [] : [before.keysRevision + 1n],
    );
    return invalidations?.map(({ apiKeyIds, userIds, gatewayKeyIds }) => ({
      apiKeyIds,
      userIds,
      gatewayKeyIds,
    }));
  }
  const nothing = { apiKeyIds: [], userIds: [], gatewayKeyIds: [] };

  // proves: watch.told
  test("whatever may end the liveness of a key names whom it touched", async () => {
    await createUser(store, "owner");
    const userId = await createUser(store);
    const id = await createApiKey(store, userId);
    const gatewayKeyId = await createGatewayKey(store);
    const touchesUser = [{ ...nothing, userIds: [userId] }];
    const { users } = store;
    expect(await touchedBy(() => users.setRole(userId, "auditor"))).toEqual(touchesUser);
    expect(await touchedBy(() => users.suspend(userId, at))).toEqual(touchesUser);
    expect(await touchedBy(() => users.activate(userId))).toEqual(touchesUser);
    expect(await touchedBy(() => store.apiKeys.revoke(id, at))).toEqual([
      { ...nothing, apiKeyIds: [id] },
    ]);
    expect(await touchedBy(() => users.delete(userId, at))).toEqual(touchesUser);
    expect(await touchedBy(() => store.gatewayKeys.revoke(gatewayKeyId, at))).toEqual([
      { ...nothing, gatewayKeyIds: [gatewayKeyId] },
    ]);
  });

  test("a new key touches nobody, and what did not change is no revision", async () => {
    const userId = await createUser(store);
    const id = await createApiKey(store, userId);
    expect(await touchedBy(() => createApiKey(store, userId))).toEqual([nothing]);
    expect(await touchedBy(() => createGatewayKey(store))).toEqual([nothing]);
    await store.apiKeys.revoke(id, at);
    expect(await touchedBy(() => store.apiKeys.revoke(id, at))).toEqual([]);
    expect(await touchedBy(() => createUser(store))).toEqual([]);
  });

  test("a change that is rolled back is none, and nobody is told", async () => {
    const id = await createApiKey(store, await createUser(store));
    const { listener, told, count } = await listen(store);
    await using _ = listener;
    const { keysRevision } = await listener.since(never);
    const failing = store.exclusively(async ({ apiKeys }) => {
      await apiKeys.revoke(id, at);
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await listener.since(keysRevision)).toMatchObject({ keysRevision, invalidations: [] });
    const next = told();
    await store.apiKeys.revoke(id, at);
    await next;
    expect(count()).toBe(1);
  });

  test("a change of providers is told, with a revision of its own", async () => {
    const { listener, told } = await listen(store);
    await using _ = listener;
    const before = await listener.since(never);
    const next = told();
    await store.providers.create({
      id: "7d0bd1b6-9b53-4b4e-8a5e-1c8f0f6f0c01",
      name: "anthropic",
      type: "anthropic",
      baseUrl: "https://example.com",
      enabled: true,
      keys: [],
      createTime: at,
    });
    await next;
    expect(await listener.since(before.keysRevision)).toEqual({
      keysRevision: before.keysRevision,
      providersRevision: before.providersRevision + 1n,
      invalidations: [],
    });
  });

  // proves: watch.reset
  test("what is not known any more, or was never, is told as such", async () => {
    await createApiKey(store, await createUser(store));
    const { keysRevision } = await store.changes.since(never);
    expect((await store.changes.since(keysRevision)).invalidations).toEqual([]);
    // The first revision is older than the table that keeps what was touched.
    expect((await store.changes.since(0n)).invalidations).toBeUndefined();
    expect((await store.changes.since(keysRevision + 1n)).invalidations).toBeUndefined();
  });

  // proves: watch.revision
  test("an authorization read at a revision holds the changes up to it, and none after", async () => {
    const userId = await createUser(store);
    const ids: string[] = [];
    for (let count = 0; count < 20; count += 1) ids.push(await createApiKey(store, userId));
    const { keysRevision: before } = await store.changes.since(never);
    let isOver = false;
    const revokeAll = async () => {
      for (const id of ids) await store.apiKeys.revoke(id, at);
    };
    const over = revokeAll().finally(() => {
      isOver = true;
    });
    const reads: { id: string; revision: bigint; isRevoked: boolean | undefined }[] = [];
    do {
      for (const id of ids) {
        const { revision, apiKey } = await store.authorizations.read({ apiKeyId: id });
        reads.push({ id, revision, isRevoked: apiKey?.isRevoked });
      }
    } while (!isOver);
    await over;
    const { invalidations = [] } = await store.changes.since(before);
    const revisionOf = new Map(invalidations.map((entry) => [entry.apiKeyIds[0], entry.revision]));
    for (const { id, revision, isRevoked } of reads) {
      expect(isRevoked).toBe(revision >= (revisionOf.get(id) ?? never));
    }
    expect(revisionOf.size).toBe(20);
  });
}

/** Listens, and counts how often it was told. */
async function listen(store: Store) {
  let count = 0;
  let wake = () => {};
  const listener = await store.changes.listen(() => {
    count += 1;
    wake();
  });
  const told = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return { listener, told, count: () => count };
}

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
