import { CamelCasePlugin, type Dialect, Kysely, sql } from "kysely";
import { type ApiKeyStore, createApiKeyStore } from "./api-keys.ts";
import { type AuthorizationStore, createAuthorizationStore } from "./authorizations.ts";
import { type ChangeStore, createChangeStore, type Listen } from "./changes.ts";
import { createGatewayKeyStore, type GatewayKeyStore } from "./gateway-keys.ts";
import { createMcpLoginStore, type McpLoginStore } from "./mcp-logins.ts";
import { createMcpServerStore, type McpServerStore } from "./mcp-servers.ts";
import { createProviderStore, type ProviderStore } from "./providers.ts";
import { createRecordStore, type RecordStore } from "./record/record-store.ts";
import { lockRevision } from "./revisions.ts";
import type { Schema } from "./schema.ts";
import { createUserStore, type UserStore } from "./users.ts";

/**
 * All that coderd knows. It is safe for any number of calls at once, and for
 * any number of processes on one PostgreSQL.
 *
 * Methods reject with a `StoreError`, or with an error whose `code` is the
 * SQLSTATE that the database answered. Both become what callers see in
 * services/errors.ts. They wait a few seconds at the most. Disposing closes
 * the connections; let calls end before.
 */
export interface Store extends Entities, AsyncDisposable {
  readonly authorizations: AuthorizationStore;
  readonly record: RecordStore;
  readonly changes: ChangeStore;
  /**
   * Runs `work` in one transaction, all or nothing, while every other change of
   * users and keys waits. Use only the entities that `work` is given.
   */
  exclusively<T>(work: (entities: Entities) => Promise<T>): Promise<T>;
  /** Resolves if the database answers. */
  ping(): Promise<void>;
}

/** What is kept, by kind. */
export interface Entities {
  readonly users: UserStore;
  readonly apiKeys: ApiKeyStore;
  readonly gatewayKeys: GatewayKeyStore;
  readonly providers: ProviderStore;
  readonly mcpServers: McpServerStore;
  readonly mcpLogins: McpLoginStore;
}

/** The store on a migrated database. It owns the connections of `db`. */
export function createStore(db: Kysely<Schema>, listen: Listen): Store {
  return {
    ...createEntities(db),
    authorizations: createAuthorizationStore(db),
    record: createRecordStore(db),
    changes: createChangeStore(db, listen),
    exclusively: (work) =>
      db.transaction().execute(async (trx) => {
        await lockRevision(trx, "keys");
        return work(createEntities(trx));
      }),
    ping: async () => void (await sql`select 1`.execute(db)),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

function createEntities(db: Kysely<Schema>): Entities {
  return {
    users: createUserStore(db),
    apiKeys: createApiKeyStore(db),
    gatewayKeys: createGatewayKeyStore(db),
    providers: createProviderStore(db),
    mcpServers: createMcpServerStore(db),
    mcpLogins: createMcpLoginStore(db),
  };
}

/** A database handle that speaks our names: camelCase here, snake_case there. */
export function createDatabaseHandle(dialect: Dialect): Kysely<Schema> {
  const plugins = [new CamelCasePlugin({ maintainNestedObjectKeys: true })];
  return new Kysely<Schema>({ dialect, plugins, log: [] });
}
