import type { Kysely } from "kysely";
import { prepared } from "./prepared.ts";
import type { Role, Schema } from "./schema.ts";

/** What to look up; what is left out is not looked for. */
interface AuthorizationQuery {
  readonly gatewayKeyHash?: Uint8Array | undefined;
  readonly apiKeyId?: string | undefined;
}

/** What the store knows of those who ask, all as of `revision`. */
interface AuthorizationFacts {
  readonly revision: bigint;
  readonly gatewayKey: GatewayKeyFacts | undefined;
  readonly apiKey: ApiKeyFacts | undefined;
  readonly owner: OwnerFacts | undefined;
}

/** What an authorization must know of a gateway key. */
export interface GatewayKeyFacts {
  readonly id: string;
  readonly canDelegate: boolean;
  readonly isRevoked: boolean;
  readonly lastSeenTime: Date | null;
}

/** What an authorization must know of an API key. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly secretHash: Uint8Array;
  readonly expireTime: Date | null;
  readonly isRevoked: boolean;
}

/** What an authorization must know of the user who owns the key. */
export interface OwnerFacts {
  readonly id: string;
  readonly username: string;
  readonly role: Role;
  readonly isSystem: boolean;
  readonly isSuspended: boolean;
  readonly isDeleted: boolean;
}

/** Reads what decides about a request. */
export interface AuthorizationStore {
  /**
   * One statement, so one round trip and one snapshot: it is on the path of
   * every request of every gateway, and a revoked gateway key must be refused
   * by the same answer that would have let a live key through.
   */
  read(query: AuthorizationQuery): Promise<AuthorizationFacts>;
}

/** The authorizations that this database can decide about. */
export function createAuthorizationStore(db: Kysely<Schema>): AuthorizationStore {
  return {
    async read(query) {
      const row = await selectFacts(db, query).executeTakeFirstOrThrow();
      return {
        revision: row.revision,
        gatewayKey: gatewayKeyFrom(row),
        apiKey: apiKeyFrom(row),
        owner: ownerFrom(row),
      };
    },
  };
}

/** One row always: what was not found is null in it. */
function selectFacts(db: Kysely<Schema>, { gatewayKeyHash, apiKeyId }: AuthorizationQuery) {
  return db
    .selectFrom("revisions")
    .leftJoin("gatewayKeys", (join) =>
      join.on((is) => is("gatewayKeys.hash", "=", gatewayKeyHash ?? new Uint8Array())),
    )
    .leftJoin("apiKeys", (join) => join.on((is) => is("apiKeys.id", "=", apiKeyId ?? "")))
    .leftJoin("users", "users.id", "apiKeys.userId")
    .where("revisions.name", "=", "keys")
    .select([
      "revisions.value as revision",
      "gatewayKeys.id as gatewayKeyId",
      "gatewayKeys.canDelegate",
      "gatewayKeys.lastSeenTime",
      "gatewayKeys.revokeTime as gatewayKeyRevokeTime",
      "apiKeys.id as apiKeyId",
      "apiKeys.secretHash",
      "apiKeys.expireTime",
      "apiKeys.revokeTime as apiKeyRevokeTime",
      "users.id as ownerId",
      "users.username",
      "users.role",
      "users.system",
      "users.suspendTime",
      "users.deleteTime",
    ])
    .modifyFront(prepared("authorization"));
}

type Row = Awaited<ReturnType<ReturnType<typeof selectFacts>["executeTakeFirstOrThrow"]>>;

function gatewayKeyFrom(row: Row): GatewayKeyFacts | undefined {
  if (row.gatewayKeyId === null || row.canDelegate === null) return undefined;
  return {
    id: row.gatewayKeyId,
    canDelegate: row.canDelegate,
    isRevoked: row.gatewayKeyRevokeTime !== null,
    lastSeenTime: row.lastSeenTime,
  };
}

function apiKeyFrom(row: Row): ApiKeyFacts | undefined {
  if (row.apiKeyId === null || row.secretHash === null) return undefined;
  return {
    id: row.apiKeyId,
    secretHash: row.secretHash,
    expireTime: row.expireTime,
    isRevoked: row.apiKeyRevokeTime !== null,
  };
}

function ownerFrom(row: Row): OwnerFacts | undefined {
  if (row.ownerId === null || row.username === null || row.role === null) return undefined;
  return {
    id: row.ownerId,
    username: row.username,
    role: row.role,
    isSystem: row.system === true,
    isSuspended: row.suspendTime !== null,
    isDeleted: row.deleteTime !== null,
  };
}
