import type { Kysely, Selectable, Transaction } from "kysely";
import { type Page, type PageRequest, pageFrom } from "./page.ts";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** An MCP server as the store has it, its secrets sealed. */
export type McpServer = Readonly<Selectable<Schema["mcpServers"]>>;

/** What an MCP server is created from. */
export type NewMcpServer = Omit<McpServer, "updateTime">;

/** What may change of an MCP server. */
type McpServerChanges = Partial<
  Pick<McpServer, "url" | "enabled" | "toolAllowRegex" | "toolDenyRegex">
>;

/** The MCP servers. */
export interface McpServerStore {
  /**
   * An id in use breaks the index `mcp_servers_pkey`, a second server with auth
   * `coder` the index `mcp_servers_coder_key`.
   */
  create(server: NewMcpServer): Promise<McpServer>;
  get(id: string): Promise<McpServer | undefined>;
  /** In the order of their ids. */
  list(request: PageRequest<string>): Promise<Page<McpServer, string>>;
  /** All that gateways use, in the order of their ids. */
  listEnabled(): Promise<readonly McpServer[]>;
  /**
   * Changes a server. If its URL gets another origin, all its logins end in the
   * same transaction: their tokens were given for the old one. Rejects with a
   * `StoreError` (`not_found`).
   */
  update(id: string, changes: McpServerChanges, at: Date): Promise<McpServer>;
  /** Removes a server and its logins. Rejects with a `StoreError` (`not_found`). */
  delete(id: string): Promise<void>;
}

/** The MCP servers in this database. */
export function createMcpServerStore(db: Kysely<Schema>): McpServerStore {
  const all = () => db.selectFrom("mcpServers").selectAll();
  return {
    create: (server) =>
      db
        .insertInto("mcpServers")
        .values({ ...server, updateTime: server.createTime })
        .returningAll()
        .executeTakeFirstOrThrow(),
    get: (id) => all().where("id", "=", id).executeTakeFirst(),
    async list({ size, after }) {
      const rows = await all()
        .$if(after !== undefined, (query) => query.where("id", ">", after ?? ""))
        .orderBy("id")
        .limit(size + 1)
        .execute();
      return pageFrom(rows, size, ({ id }) => id);
    },
    listEnabled: () => all().where("enabled", "=", true).orderBy("id").execute(),
    update: (id, changes, at) =>
      db.transaction().execute((trx) => updateServer(trx, id, { ...changes, updateTime: at })),
    async delete(id) {
      const { numDeletedRows } = await db
        .deleteFrom("mcpServers")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw notFound();
    },
  };
}

async function updateServer(
  trx: Transaction<Schema>,
  id: string,
  changes: Partial<McpServer>,
): Promise<McpServer> {
  const before = await trx
    .selectFrom("mcpServers")
    .select("url")
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) throw notFound();
  const after = await trx
    .updateTable("mcpServers")
    .set(changes)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (new URL(before.url).origin !== new URL(after.url).origin) {
    await trx.deleteFrom("mcpLogins").where("serverId", "=", id).execute();
    await trx.deleteFrom("mcpLoginAttempts").where("serverId", "=", id).execute();
  }
  return after;
}

function notFound(): StoreError {
  return new StoreError("not_found", "no such MCP server");
}
