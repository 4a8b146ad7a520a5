import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { McpOAuthClient } from "./mcp-schema.ts";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** A user's login at an MCP server, the tokens sealed. */
export type McpLogin = Readonly<Selectable<Schema["mcpLogins"]>>;

/** What a login is made from. */
export type NewMcpLogin = Omit<McpLogin, "refreshUntil">;

/** The tokens of a login, sealed, and when the access token expires. */
type McpTokens = Pick<McpLogin, "tokensKeyId" | "tokensSealed" | "expireTime" | "scopes">;

/** A login that has begun: the user is at the authorization server. */
export type McpLoginAttempt = Readonly<Selectable<Schema["mcpLoginAttempts"]>>;

/**
 * Logins at MCP servers: at most one of a user at a server, and those that have
 * begun.
 *
 * A refresh token may be good for one use, so who refreshes first takes a lease
 * on it, which one caller gets. That is no lock in the database: the call to the
 * authorization server takes seconds, and a transaction that long would hold a
 * connection, the only one there is on the embedded store.
 */
export interface McpLoginStore {
  /**
   * Keeps a login that has begun. Forgets those that began before `expired`,
   * and of this user's all but the newest few.
   */
  start(attempt: McpLoginAttempt, expired: Date): Promise<void>;
  /** Takes out a login that this user began, not before `expired`: once. */
  take(stateHash: Uint8Array, userId: string, expired: Date): Promise<McpLoginAttempt | undefined>;
  /**
   * Keeps a login in place of the one before. Rejects with a `StoreError`
   * (`not_found`) if the server is not at this URL any more.
   */
  save(login: NewMcpLogin, serverUrl: string): Promise<void>;
  get(userId: string, serverId: string): Promise<McpLogin | undefined>;
  /** Of a user who is neither suspended nor deleted; of others there are none. */
  listOf(userId: string): Promise<readonly McpLogin[]>;
  /** Where a user has logged in. */
  serverIdsOf(userId: string): Promise<readonly string[]>;
  /**
   * Takes the lease on a login's refresh token from `at` until `until`, and
   * gives the login as it is now. Undefined if somebody has it, or the login is
   * gone.
   */
  lease(id: string, at: Date, until: Date): Promise<McpLogin | undefined>;
  /** Ends the lease, with new tokens if there are some. False if it was lost meanwhile. */
  release(id: string, until: Date, tokens?: McpTokens): Promise<boolean>;
  /** Forgets a login. Idempotent. */
  end(id: string): Promise<void>;
}

/** Nobody has more logins under way; a program that starts them in a loop gains nothing. */
const attemptsOfUserMax = 20;

/** The logins in this database. */
export function createMcpLoginStore(db: Kysely<Schema>): McpLoginStore {
  const logins = () => db.selectFrom("mcpLogins").selectAll("mcpLogins");
  return {
    start: (attempt, expired) =>
      db.transaction().execute((trx) => startAttempt(trx, attempt, expired)),
    take: (stateHash, userId, expired) =>
      db
        .deleteFrom("mcpLoginAttempts")
        .where("stateHash", "=", stateHash)
        .where("userId", "=", userId)
        .where("createTime", ">=", expired)
        .returningAll()
        .executeTakeFirst(),
    save: (login, serverUrl) => db.transaction().execute((trx) => save(trx, login, serverUrl)),
    get: (userId, serverId) =>
      logins().where("userId", "=", userId).where("serverId", "=", serverId).executeTakeFirst(),
    listOf: (userId) =>
      logins()
        .innerJoin("users", "users.id", "mcpLogins.userId")
        .where("userId", "=", userId)
        .where("users.suspendTime", "is", null)
        .where("users.deleteTime", "is", null)
        .execute(),
    async serverIdsOf(userId) {
      const rows = await logins()
        .clearSelect()
        .select("serverId")
        .where("userId", "=", userId)
        .execute();
      return rows.map(({ serverId }) => serverId);
    },
    lease: (id, at, until) =>
      db
        .updateTable("mcpLogins")
        .set({ refreshUntil: until })
        .where("id", "=", id)
        .where((is) => is.or([is("refreshUntil", "is", null), is("refreshUntil", "<=", at)]))
        .returningAll()
        .executeTakeFirst(),
    async release(id, until, tokens = undefined) {
      const { numUpdatedRows } = await db
        .updateTable("mcpLogins")
        .set({ ...tokens, refreshUntil: null })
        .where("id", "=", id)
        .where("refreshUntil", "=", until)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async end(id) {
      await db.deleteFrom("mcpLogins").where("id", "=", id).execute();
    },
  };
}

async function startAttempt(
  trx: Transaction<Schema>,
  attempt: McpLoginAttempt,
  expired: Date,
): Promise<void> {
  await trx.deleteFrom("mcpLoginAttempts").where("createTime", "<", expired).execute();
  const tooMany = trx
    .selectFrom("mcpLoginAttempts")
    .select("stateHash")
    .where("userId", "=", attempt.userId)
    .orderBy("createTime", "desc")
    .offset(attemptsOfUserMax - 1);
  await trx.deleteFrom("mcpLoginAttempts").where("stateHash", "in", tooMany).execute();
  await trx
    .insertInto("mcpLoginAttempts")
    .values({ ...attempt, client: jsonb(attempt.client) })
    .execute();
}

async function save(
  trx: Transaction<Schema>,
  login: NewMcpLogin,
  serverUrl: string,
): Promise<void> {
  // Locked, so that no change of the URL comes between: it ends all logins.
  const server = await trx
    .selectFrom("mcpServers")
    .select("id")
    .where("id", "=", login.serverId)
    .where("url", "=", serverUrl)
    .forUpdate()
    .executeTakeFirst();
  if (server === undefined) {
    throw new StoreError("not_found", "the MCP server was changed meanwhile: log in again");
  }
  const { userId, serverId, ...fields } = { ...login, client: jsonb(login.client) };
  await trx
    .insertInto("mcpLogins")
    .values({ userId, serverId, ...fields, refreshUntil: null })
    .onConflict((on) =>
      on.columns(["userId", "serverId"]).doUpdateSet({ ...fields, refreshUntil: null }),
    )
    .execute();
}

/** A driver would make an array of SQL, or a string, of what is not said to be JSON. */
function jsonb(client: McpOAuthClient) {
  return sql<McpOAuthClient>`${JSON.stringify(client)}::text::jsonb`;
}
