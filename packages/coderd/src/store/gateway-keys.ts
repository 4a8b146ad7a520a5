import type { Kysely, Selectable } from "kysely";
import { type Page, type PageRequest, pageFrom } from "./page.ts";
import { changed, changeKeys, unchanged } from "./revisions.ts";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

type Row = Selectable<Schema["gatewayKeys"]>;

/** A gateway key as the store has it, without its hash. */
export type GatewayKey = Readonly<Omit<Row, "hash">>;

/** What a gateway key is created from. */
export type NewGatewayKey = Readonly<Omit<Row, "seq" | "lastSeenTime" | "revokeTime">>;

/** The gateway keys. Those that were revoked stay. */
export interface GatewayKeyStore {
  /** A name in use breaks the unique index `gateway_keys_name_key`. */
  create(key: NewGatewayKey): Promise<GatewayKey>;
  /** Revoked keys are found too. */
  getById(id: string): Promise<GatewayKey | undefined>;
  /** Searches keys that are not revoked. */
  getByName(name: string): Promise<GatewayKey | undefined>;
  list(request: PageRequest<bigint> & { showRevoked: boolean }): Promise<Page<GatewayKey, bigint>>;
  /** Idempotent: the first time stays. Rejects with a `StoreError` (`not_found`). */
  revoke(id: string, at: Date): Promise<GatewayKey>;
  /** Notes a use. A time before the noted one changes nothing. */
  seen(id: string, at: Date): Promise<void>;
}

const columns = [
  "seq",
  "id",
  "name",
  "prefix",
  "canDelegate",
  "createTime",
  "lastSeenTime",
  "revokeTime",
] as const;

/** The gateway keys in this database. */
export function createGatewayKeyStore(db: Kysely<Schema>): GatewayKeyStore {
  return {
    create: (key) =>
      changeKeys(db, async (trx) => {
        const insert = trx.insertInto("gatewayKeys").values(key).returning(columns);
        return changed(await insert.executeTakeFirstOrThrow());
      }),
    getById: (id) =>
      db.selectFrom("gatewayKeys").select(columns).where("id", "=", id).executeTakeFirst(),
    getByName: (name) =>
      db
        .selectFrom("gatewayKeys")
        .select(columns)
        .where("name", "=", name)
        .where("revokeTime", "is", null)
        .executeTakeFirst(),
    async list({ size, after, showRevoked }) {
      const rows = await db
        .selectFrom("gatewayKeys")
        .select(columns)
        .$if(after !== undefined, (query) => query.where("seq", ">", after ?? 0n))
        .$if(!showRevoked, (query) => query.where("revokeTime", "is", null))
        .orderBy("seq")
        .limit(size + 1)
        .execute();
      return pageFrom(rows, size, ({ seq }) => seq);
    },
    revoke: (id, at) =>
      changeKeys(db, async (trx) => {
        const key = await trx
          .updateTable("gatewayKeys")
          .set({ revokeTime: at })
          .where("id", "=", id)
          .where("revokeTime", "is", null)
          .returning(columns)
          .executeTakeFirst();
        if (key !== undefined) return changed(key, { gatewayKeyIds: [id] });
        const revoked = await createGatewayKeyStore(trx).getById(id);
        if (revoked === undefined) throw new StoreError("not_found", "no such gateway key");
        return unchanged(revoked);
      }),
    async seen(id, at) {
      await db
        .updateTable("gatewayKeys")
        .set({ lastSeenTime: at })
        .where("id", "=", id)
        .where((is) => is.or([is("lastSeenTime", "is", null), is("lastSeenTime", "<", at)]))
        .execute();
    },
  };
}
