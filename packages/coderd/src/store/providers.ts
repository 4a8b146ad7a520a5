import type { Kysely, Selectable } from "kysely";
import { type Page, type PageRequest, pageFrom } from "./page.ts";
import { changed, changeProviders } from "./revisions.ts";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** A provider as the store has it, its credential sealed. */
export type Provider = Readonly<Selectable<Schema["providers"]>>;

/** What a provider is created from. */
export type NewProvider = Omit<Provider, "updateTime" | "deleteTime">;

/** What may change of a provider. */
export type ProviderChanges = Partial<
  Pick<Provider, "baseUrl" | "enabled" | "credentialKeyId" | "credentialSealed" | "credentialHint">
>;

/** Every provider at one revision. */
interface ProviderSnapshot {
  readonly revision: bigint;
  /** In the order of their names; undefined if the asker has this revision. */
  readonly providers: readonly Provider[] | undefined;
}

/**
 * The providers that are not deleted. The row of a deleted one stays, without
 * its credential, because the record refers to it; nothing here returns it.
 */
export interface ProviderStore {
  /** A name in use breaks the unique index `providers_name_key`. */
  create(provider: NewProvider): Promise<Provider>;
  get(name: string): Promise<Provider | undefined>;
  /** In the order of their names. */
  list(request: PageRequest<string>): Promise<Page<Provider, string>>;
  /** Rejects with a `StoreError` (`not_found`). */
  update(id: string, changes: ProviderChanges, at: Date): Promise<Provider>;
  /** Rejects with a `StoreError` (`not_found`). */
  delete(id: string, at: Date): Promise<void>;
  snapshot(knownRevision: bigint): Promise<ProviderSnapshot>;
}

/** The providers in this database. */
export function createProviderStore(db: Kysely<Schema>): ProviderStore {
  const live = () => db.selectFrom("providers").selectAll().where("deleteTime", "is", null);
  return {
    create: (provider) =>
      changeProviders(db, async (trx) => {
        const row = { ...provider, updateTime: provider.createTime, deleteTime: null };
        await trx.insertInto("providers").values(row).execute();
        return changed(row);
      }),
    get: (name) => live().where("name", "=", name).executeTakeFirst(),
    async list({ size, after }) {
      const rows = await live()
        .$if(after !== undefined, (query) => query.where("name", ">", after ?? ""))
        .orderBy("name")
        .limit(size + 1)
        .execute();
      return pageFrom(rows, size, ({ name }) => name);
    },
    update: (id, changes, at) => updateProvider(db, id, { ...changes, updateTime: at }),
    async delete(id, at) {
      await updateProvider(db, id, {
        credentialKeyId: null,
        credentialSealed: null,
        credentialHint: "",
        updateTime: at,
        deleteTime: at,
      });
    },
    snapshot: (knownRevision) => readSnapshot(db, knownRevision),
  };
}

function updateProvider(
  db: Kysely<Schema>,
  id: string,
  changes: Partial<Provider>,
): Promise<Provider> {
  return changeProviders(db, async (trx) => {
    const provider = await trx
      .updateTable("providers")
      .set(changes)
      .where("id", "=", id)
      .where("deleteTime", "is", null)
      .returningAll()
      .executeTakeFirst();
    if (provider === undefined) throw new StoreError("not_found", "no such provider");
    return changed(provider);
  });
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
      const providers = await trx
        .selectFrom("providers")
        .selectAll()
        .where("deleteTime", "is", null)
        .orderBy("name")
        .execute();
      return { revision, providers };
    });
}
