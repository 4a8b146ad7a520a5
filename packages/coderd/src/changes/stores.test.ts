import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { describeWithDatabase, describeWithServer } from "@aibridge/testing/postgres-suite";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { openEmbeddedStore } from "../store/open-embedded.ts";
import { openPostgresStore } from "../store/open-postgres.ts";
import type { Store } from "../store/store.ts";
import { createApiKey, createGatewayKey, createUser } from "../store/test-keys.ts";
import { openChangeFeed, type Told } from "./change-feed.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const at = new Date("2030-01-01T00:00:00.000Z");
const log = createLogger({ name: "test", level: "silent" });
const left = new AbortController();
/** Too long for a test to wait: what it is told then, it is told by a notification. */
const notPolling = { intervalMs: 600_000 };

type Following = AsyncGenerator<Told, void>;

/** Resolves once a follower was told of a key. */
async function toldOf(following: Following, id: string): Promise<void> {
  for (;;) {
    const { value } = await following.next();
    const ids = value?.invalidations.flatMap((entry) => [
      ...entry.apiKeyIds,
      ...entry.userIds,
      ...entry.gatewayKeyIds,
    ]);
    if (ids?.includes(id)) return;
  }
}

/** Follows from now on. */
async function follow(store: Store, options = {}) {
  const feed = await openChangeFeed({ store, log }, options);
  const { revision } = await store.authorizations.read({});
  const following = feed.join(left.signal).follow(revision);
  await following.next();
  return { feed, following };
}

describe("a feed of the embedded database", () => {
  contract(() => openEmbeddedStore());
});

describeWithDatabase("a feed of PostgreSQL", (url) => {
  contract(() => openPostgresStore(new Secret(url())));

  // proves: watch.any-coderd
  test("tells what another process changed", async () => {
    await using a = await openPostgresStore(new Secret(url()));
    await using b = await openPostgresStore(new Secret(url()));
    const id = await createApiKey(a, await createUser(a));
    const { feed, following } = await follow(b, notPolling);
    await using _ = feed;
    await a.apiKeys.revoke(id, at);
    await toldOf(following, id);
  });

  // proves: watch.lost-notification
  test("finds by itself what no notification told of", async () => {
    await using store = await openPostgresStore(new Secret(url()));
    const { feed, following } = await follow(store);
    await using _ = feed;
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    await client.query(`with next as (
        update revisions set value = value + 1 where name = 'keys' returning value
      ) insert into invalidations select value, '{silent}', '{}', '{}' from next`);
    await client.end();
    await toldOf(following, "silent");
  });
});

describeWithServer("a feed of a PostgreSQL that fails", (server) => {
  // proves: watch.recovers
  test("goes on where it was when the server is back, and is notified again", async () => {
    await using store = await openPostgresStore(new Secret(server().url));
    const id = await createApiKey(store, await createUser(store));
    const { feed, following } = await follow(store);
    await using _ = feed;
    await server().stop();
    await server().start();
    await using other = await openPostgresStore(new Secret(server().url));
    await other.apiKeys.revoke(id, at);
    await toldOf(following, id);
  });

  test("closes while the server is down", async () => {
    await using store = await openPostgresStore(new Secret(server().url));
    const { feed } = await follow(store);
    await server().stop();
    await feed[Symbol.asyncDispose]();
    await server().start();
  });
});

/** What a feed of every store promises. */
function contract(open: () => Promise<Store>): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
  });

  // proves: watch.told
  test("tells of every kind of change as it is committed, without polling", async () => {
    await createUser(store, "owner");
    const userId = await createUser(store);
    const keyId = await createApiKey(store, userId);
    const gatewayKeyId = await createGatewayKey(store);
    const { feed, following } = await follow(store, notPolling);
    await using _ = feed;
    const { users, apiKeys, gatewayKeys } = store;
    const changes: [string, () => Promise<unknown>][] = [
      [userId, () => users.setRole(userId, "auditor")],
      [userId, () => users.suspend(userId, at)],
      [userId, () => users.activate(userId)],
      [keyId, () => apiKeys.revoke(keyId, at)],
      [userId, () => users.delete(userId, at)],
      [gatewayKeyId, () => gatewayKeys.revoke(gatewayKeyId, at)],
    ];
    for (const [id, change] of changes) {
      const told = toldOf(following, id);
      await change();
      await told;
    }
  });

  test("tells every follower of twenty changes at once", async () => {
    const userId = await createUser(store);
    const ids: string[] = [];
    for (let count = 0; count < 20; count += 1) ids.push(await createApiKey(store, userId));
    const { feed, following } = await follow(store, notPolling);
    await using _ = feed;
    const { revision } = await store.authorizations.read({});
    const other = feed.join(left.signal).follow(revision);
    const told = [following, other].map(async (follower) => {
      const missing = new Set(ids);
      while (missing.size > 0) {
        const { value } = await follower.next();
        for (const { apiKeyIds } of value?.invalidations ?? []) {
          for (const id of apiKeyIds) missing.delete(id);
        }
      }
    });
    await Promise.all(ids.map((id) => store.apiKeys.revoke(id, at)));
    await Promise.all(told);
  });

  test("tells that there was nothing, over and over", async () => {
    const { feed, following } = await follow(store);
    await using _ = feed;
    const { revision } = await store.authorizations.read({});
    for (let count = 0; count < 5; count += 1) {
      const { value } = await following.next();
      expect(value).toMatchObject({ keysRevision: revision, invalidations: [] });
    }
  });
}
