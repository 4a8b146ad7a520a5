import type { Kysely, Selectable, Transaction } from "kysely";
import { type Page, type PageRequest, pageFrom } from "./page.ts";
import { changed, changeProviders } from "./revisions.ts";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** A provider as the store has it. */
export interface Provider extends Readonly<Selectable<Schema["providers"]>> {
  /** Its credentials, sealed, in the order of their use. */
  readonly keys: readonly ProviderKey[];
}

/** One credential of a provider, sealed. */
export type ProviderKey = Omit<Selectable<Schema["providerKeys"]>, "seq" | "providerId">;

/** What a provider is created from. */
export type NewProvider = Omit<Provider, "updateTime" | "deleteTime">;

/** What may change of a provider. */
export type ProviderChanges = Partial<Pick<Provider, "baseUrl" | "enabled" | "keys">>;

/** Every provider at one revision. */
interface ProviderSnapshot {
  readonly revision: bigint;
  /** In the order of their names; undefined if the asker has this revision. */
  readonly providers: readonly Provider[] | undefined;
}

/** How many credentials a provider has at most. */
const providerKeysMax = 20;

/**
 * The providers that are not deleted. The row of a deleted one stays, without
 * its credentials, because the record refers to it; nothing here returns it.
 */
export interface ProviderStore {
  /** A name in use breaks the unique index `providers_name_key`. */
  create(provider: NewProvider): Promise<Provider>;
  get(name: string): Promise<Provider | undefined>;
  /** In the order of their names. */
  list(request: PageRequest<string>): Promise<Page<Provider, string>>;
  /** `keys` replaces all there are. Rejects with a `StoreError` (`not_found`). */
  update(id: string, changes: ProviderChanges, at: Date): Promise<Provider>;
  /** Rejects with a `StoreError` (`not_found`, `resource_exhausted`). */
  addKey(id: string, key: ProviderKey, at: Date): Promise<void>;
  /** Rejects with a `StoreError` (`not_found`). */
  removeKey(id: string, keyId: string, at: Date): Promise<void>;
  /** Rejects with a `StoreError` (`not_found`). */
  delete(id: string, at: Date): Promise<void>;
  snapshot(knownRevision: bigint): Promise<ProviderSnapshot>;
}

/** The providers in this database. */
export function createProviderStore(db: Kysely<Schema>): ProviderStore {
  const live = () => db.selectFrom("providers").selectAll().where("deleteTime", "is", null);
  return {
    create: ({ keys, ...provider }) =>
      changeProviders(db, async (trx) => {
        const row = { ...provider, updateTime: provider.createTime, deleteTime: null };
        await trx.insertInto("providers").values(row).execute();
        await insertKeys(trx, row.id, keys);
        return changed({ ...row, keys });
      }),
    async get(name) {
      const rows = await live().where("name", "=", name).execute();
      const [provider] = await withKeys(db, rows);
      return provider;
    },
    async list({ size, after }) {
      const rows = await live()
        .$if(after !== undefined, (query) => query.where("name", ">", after ?? ""))
        .orderBy("name")
        .limit(size + 1)
        .execute();
      return pageFrom(await withKeys(db, rows), size, ({ name }) => name);
    },
    update: (id, { keys, ...columns }, at) =>
      changeProviders(db, async (trx) => {
        const provider = await updateRow(trx, id, { ...columns, updateTime: at });
        if (keys) {
          await trx.deleteFrom("providerKeys").where("providerId", "=", id).execute();
          await insertKeys(trx, id, keys);
        }
        const [changedProvider] = await withKeys(trx, [provider]);
        return changed(changedProvider ?? { ...provider, keys: [] });
      }),
    addKey: (id, key, at) => changeProviders(db, (trx) => addKey(trx, id, key, at)),
    removeKey: (id, keyId, at) =>
      changeProviders(db, async (trx) => {
        await updateRow(trx, id, { updateTime: at });
        const { numDeletedRows } = await trx
          .deleteFrom("providerKeys")
          .where("providerId", "=", id)
          .where("id", "=", keyId)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) throw new StoreError("not_found", "no such key");
        return changed(undefined);
      }),
    delete: (id, at) =>
      changeProviders(db, async (trx) => {
        await updateRow(trx, id, { updateTime: at, deleteTime: at });
        await trx.deleteFrom("providerKeys").where("providerId", "=", id).execute();
        return changed(undefined);
      }),
    snapshot: (knownRevision) => readSnapshot(db, knownRevision),
  };
}

type ProviderRow = Selectable<Schema["providers"]>;

async function updateRow(
  trx: Transaction<Schema>,
  id: string,
  changes: Partial<ProviderRow>,
): Promise<ProviderRow> {
  const provider = await trx
    .updateTable("providers")
    .set(changes)
    .where("id", "=", id)
    .where("deleteTime", "is", null)
    .returningAll()
    .executeTakeFirst();
  if (provider === undefined) throw new StoreError("not_found", "no such provider");
  return provider;
}

async function addKey(trx: Transaction<Schema>, id: string, key: ProviderKey, at: Date) {
  await updateRow(trx, id, { updateTime: at });
  // Changes of providers run one at a time, so the count holds.
  const { count } = await trx
    .selectFrom("providerKeys")
    .select(({ fn }) => fn.countAll<bigint>().as("count"))
    .where("providerId", "=", id)
    .executeTakeFirstOrThrow();
  if (count >= providerKeysMax) {
    throw new StoreError("resource_exhausted", `a provider has ${providerKeysMax} keys at most`);
  }
  await insertKeys(trx, id, [key]);
  return changed(undefined);
}

async function insertKeys(
  trx: Transaction<Schema>,
  providerId: string,
  keys: readonly ProviderKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const rows = keys.map((key) => ({ ...key, providerId }));
  await trx.insertInto("providerKeys").values(rows).execute();
}

/** Joins here and not in SQL: sealed bytes would have to pass through JSON there. */
async function withKeys(db: Kysely<Schema>, rows: readonly ProviderRow[]): Promise<Provider[]> {
  if (rows.length === 0) return [];
  const keys = await db
    .selectFrom("providerKeys")
    .select(["id", "providerId", "keyId", "sealed", "hint", "createTime"])
    .where(
      "providerId",
      "in",
      rows.map(({ id }) => id),
    )
    .orderBy("seq")
    .execute();
  const byProvider = Map.groupBy(keys, ({ providerId }) => providerId);
  return rows.map((row) => ({
    ...row,
    keys: (byProvider.get(row.id) ?? []).map(({ providerId: _, ...key }) => key),
  }));
}

/** Reads revision and rows under one transaction's snapshot, so that they belong together. */
function readSnapshot(db: Kysely<Schema>, knownRevision: bigint): Promise<ProviderSnapshot> {
  return db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (trx) => {
      const { value: revision } = await trx
        .selectFrom("revisions")
        .select("value")
        .where("name", "=", "providers")
        .executeTakeFirstOrThrow();
      if (revision === knownRevision) return { revision, providers: undefined };
      const rows = await trx
        .selectFrom("providers")
        .selectAll()
        .where("deleteTime", "is", null)
        .orderBy("name")
        .execute();
      return { revision, providers: await withKeys(trx, rows) };
    });
}
