import type { Secret } from "@aibridge/secret";
import { Kysely, PostgresDialect } from "kysely";
import { errorCode, errorText } from "../error-code.ts";
import { changeChannel } from "./advance-revision.ts";
import type { ChangeListener } from "./changes.ts";
import { readChanges } from "./invalidations.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { createPostgresPool, type PostgresPoolOptions } from "./postgres-pool.ts";
import { createDatabaseHandle, createStore, type Store } from "./store.ts";
import { StoreError } from "./store-error.ts";

/** What may be said about the use of a PostgreSQL. */
export interface OpenPostgresOptions {
  /** Told of connections that broke while nobody used them. Default: nobody is. */
  readonly onIdleError?: (error: Error) => void;
}

const timeouts = { acquireTimeoutMs: 2_000, statementTimeoutMs: 3_000 };
/** A read that took longer would say nothing about now. */
const listenTimeouts = { acquireTimeoutMs: 1_000, statementTimeoutMs: 1_000 };
const connectionsMax = 20;
/** How long a migration may take, the wait for another process's included. */
const migrationTimeoutMs = 600_000;

/**
 * Opens the store on the PostgreSQL (13 or later) that `url` names, and brings
 * its schema up to date. Rejects with a `StoreError`: `unavailable` if the
 * server can't be reached or used, with the reason in a sentence without secrets, `schema_newer` if a newer coderd was here.
 *
 * A call to the store fails as unavailable after at most 2 s without a
 * connection or 3.5 s without an answer. When the server is back, so is the
 * store.
 */
export async function openPostgresStore(
  url: Secret,
  { onIdleError = () => {} }: OpenPostgresOptions = {},
): Promise<Store> {
  const options = { ...timeouts, connectionsMax, onIdleError };
  await migratePostgres(url, options).catch((cause) => {
    throw openErrorFrom(cause, url);
  });
  const pool = createPostgresPool(url.reveal(), options);
  const db = createDatabaseHandle(new PostgresDialect({ pool }));
  return createStore(db, async (onChange) => listen(url, options, onChange));
}

/**
 * Listens on a connection of its own, which is made when it is first read from,
 * and made again after it broke.
 */
function listen(url: Secret, options: PostgresPoolOptions, onMessage: () => void): ChangeListener {
  const pool = createPostgresPool(url.reveal(), {
    ...options,
    ...listenTimeouts,
    connectionsMax: 1,
    listen: { channel: changeChannel, onMessage },
  });
  const db = createDatabaseHandle(new PostgresDialect({ pool }));
  return {
    since: (revision) => readChanges(db, revision),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

/** Says which server it was and why, so that whoever starts the process knows what to do. */
function openErrorFrom(error: unknown, url: Secret): unknown {
  if (errorCode(error) === "schema_newer") return error;
  const reason = errorCode(error) === "unavailable" ? Reflect.get(Object(error), "cause") : error;
  // The error for a name with several addresses has a code and no message.
  const why = errorText(reason, "message") || errorCode(reason);
  const { host, pathname, searchParams } = new URL(url.reveal());
  const where = `${searchParams.get("host") ?? host}${pathname}`;
  const message = `can't open the database ${where}: ${why}`;
  return new StoreError("unavailable", message, { cause: error });
}

/** Migrates on a connection of its own, whose statements may take their time. */
async function migratePostgres(url: Secret, options: PostgresPoolOptions): Promise<void> {
  const pool = createPostgresPool(url.reveal(), {
    ...options,
    connectionsMax: 1,
    statementTimeoutMs: migrationTimeoutMs,
  });
  await using db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), log: [] });
  await migrate(db, migrations);
}
