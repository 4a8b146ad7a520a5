import type { Kysely, Selectable, Transaction } from "kysely";
import { type Page, type PageRequest, pageFrom } from "./page.ts";
import { changed, changeKeys, unchanged } from "./revisions.ts";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

type Row = Selectable<Schema["apiKeys"]>;

/** An API key as the store has it, without the hash of its secret. */
export type ApiKey = Readonly<Omit<Row, "secretHash">>;

/** What a key is created from. */
type NewApiKey = Readonly<Omit<Row, "seq" | "revokeTime">>;

/** The API keys. Those that were revoked stay, because the record refers to them. */
export interface ApiKeyStore {
  /** Rejects with a `StoreError` (`not_found`, `user_deleted`) if nobody can own it. */
  create(key: NewApiKey): Promise<ApiKey>;
  /** Revoked keys are found too. */
  get(id: string): Promise<ApiKey | undefined>;
  /** All users' keys if `userId` is undefined. */
  list(
    request: PageRequest<bigint> & { userId?: string | undefined; showRevoked: boolean },
  ): Promise<Page<ApiKey, bigint>>;
  /** Idempotent: the first time stays. Rejects with a `StoreError` (`not_found`). */
  revoke(id: string, at: Date): Promise<ApiKey>;
}

const columns = ["seq", "id", "userId", "name", "createTime", "expireTime", "revokeTime"] as const;

/** The API keys in this database. */
export function createApiKeyStore(db: Kysely<Schema>): ApiKeyStore {
  return {
    create: (key) =>
      changeKeys(db, async (trx) => {
        await requireOwner(trx, key.userId);
        const insert = trx.insertInto("apiKeys").values(key).returning(columns);
        return changed(await insert.executeTakeFirstOrThrow());
      }),
    get: (id) => db.selectFrom("apiKeys").select(columns).where("id", "=", id).executeTakeFirst(),
    async list({ size, after, userId, showRevoked }) {
      const rows = await db
        .selectFrom("apiKeys")
        .select(columns)
        .$if(after !== undefined, (query) => query.where("seq", ">", after ?? 0n))
        .$if(userId !== undefined, (query) => query.where("userId", "=", userId ?? ""))
        .$if(!showRevoked, (query) => query.where("revokeTime", "is", null))
        .orderBy("seq")
        .limit(size + 1)
        .execute();
      return pageFrom(rows, size, ({ seq }) => seq);
    },
    revoke: (id, at) =>
      changeKeys(db, async (trx) => {
        const key = await trx
          .updateTable("apiKeys")
          .set({ revokeTime: at })
          .where("id", "=", id)
          .where("revokeTime", "is", null)
          .returning(columns)
          .executeTakeFirst();
        if (key !== undefined) return changed(key, { apiKeyIds: [id] });
        const revoked = await createApiKeyStore(trx).get(id);
        if (revoked === undefined) throw new StoreError("not_found", "no such key");
        return unchanged(revoked);
      }),
  };
}

async function requireOwner(trx: Transaction<Schema>, userId: string): Promise<void> {
  const owner = await trx
    .selectFrom("users")
    .select("deleteTime")
    .where("id", "=", userId)
    .executeTakeFirst();
  if (owner === undefined) throw new StoreError("not_found", "no such user");
  if (owner.deleteTime !== null) throw new StoreError("user_deleted", "the user is deleted");
}
