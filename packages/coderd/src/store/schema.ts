import type { GeneratedAlways } from "kysely";
import type { McpSchema } from "./mcp-schema.ts";
import type { RecordSchema } from "./record/schema.ts";

/**
 * The tables as they are after the last migration. Names are camelCase here and
 * snake_case in the database; `null` is SQL's. `seq` numbers the rows of a table
 * in the order they were inserted, which is the order lists have.
 */
export interface Schema extends RecordSchema, McpSchema {
  readonly users: UsersTable;
  readonly apiKeys: ApiKeysTable;
  readonly gatewayKeys: GatewayKeysTable;
  readonly providers: ProvidersTable;
  readonly providerKeys: ProviderKeysTable;
  readonly revisions: RevisionsTable;
  readonly invalidations: InvalidationsTable;
}

/** What a user may do with the administrative services. */
export type Role = "owner" | "auditor" | "member";

/** The APIs that providers speak. */
export type ProviderType = "anthropic" | "openai";

interface UsersTable {
  readonly seq: GeneratedAlways<bigint>;
  readonly id: string;
  readonly username: string;
  readonly role: Role;
  readonly system: boolean;
  readonly createTime: Date;
  readonly suspendTime: Date | null;
  readonly deleteTime: Date | null;
}

interface ApiKeysTable {
  readonly seq: GeneratedAlways<bigint>;
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly secretHash: Uint8Array;
  readonly createTime: Date;
  readonly expireTime: Date | null;
  readonly revokeTime: Date | null;
}

interface GatewayKeysTable {
  readonly seq: GeneratedAlways<bigint>;
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly hash: Uint8Array;
  readonly canDelegate: boolean;
  readonly createTime: Date;
  readonly lastSeenTime: Date | null;
  readonly revokeTime: Date | null;
}

interface ProvidersTable {
  readonly id: string;
  readonly name: string;
  readonly type: ProviderType;
  readonly baseUrl: string;
  readonly enabled: boolean;
  readonly createTime: Date;
  readonly updateTime: Date;
  readonly deleteTime: Date | null;
}

interface ProviderKeysTable {
  readonly seq: GeneratedAlways<bigint>;
  readonly id: string;
  readonly providerId: string;
  /** The key of the ring that it is sealed by. */
  readonly keyId: string;
  readonly sealed: Uint8Array;
  readonly hint: string;
  readonly createTime: Date;
}

interface RevisionsTable {
  /** `keys`: what bears on whether a key is accepted. `providers`: their configuration. */
  readonly name: "keys" | "providers";
  readonly value: bigint;
}

interface InvalidationsTable {
  /** Of `keys`. Each of the last ones has a row. */
  readonly revision: bigint;
  readonly apiKeyIds: readonly string[];
  readonly userIds: readonly string[];
  readonly gatewayKeyIds: readonly string[];
}
