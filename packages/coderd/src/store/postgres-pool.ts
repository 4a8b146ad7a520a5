import { setTimeout } from "node:timers/promises";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import { errorCode, isSqlState } from "../error-code.ts";
import { StoreError } from "./store-error.ts";

/** How a coderd uses a PostgreSQL server. */
export interface PostgresPoolOptions {
  readonly connectionsMax: number;
  /** How long a call may wait for a connection, a new or a pooled one. */
  readonly acquireTimeoutMs: number;
  /**
   * How long a statement may take. The server cancels it then; should the
   * server be silent as well, the connection is given up half a second later.
   */
  readonly statementTimeoutMs: number;
  /** Told of connections that broke while nobody used them. */
  readonly onIdleError: (error: Error) => void;
}

const silenceGraceMs = 500;
const goodbyeTimeoutMs = 1_000;
// PostgreSQL's object id of the type bigint (catalog pg_type).
const bigintOid = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === bigintOid && format !== "binary" ? BigInt : pg.types.getTypeParser(oid, format),
};

/**
 * A pool for Kysely that keeps two promises `pg` alone does not. Nothing waits
 * longer than the timeouts say, also if the server has vanished without a word.
 * And whatever is not an answer of the server (those have an SQLSTATE as `code`)
 * rejects with a `StoreError` of code `unavailable`.
 */
export function createPostgresPool(url: string, options: PostgresPoolOptions): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "coderd",
    max: options.connectionsMax,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    keepAlive: true,
    // To compile a statement over 60 partitions takes seconds, to run it milliseconds.
    options: "-c jit=off",
    types,
  });
  pool.on("error", options.onIdleError);
  // A connection that breaks between the statements of a transaction tells so by
  // an event too, and one that nobody hears would end the process. The next
  // statement on it fails, which is where it is dealt with.
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    options: pool.options,
    connect: async () => withDeadline(await orUnavailable(pool.connect()), options),
    // A server that is silent does not say goodbye either.
    end: () => Promise.race([pool.end(), setTimeout(goodbyeTimeoutMs, undefined, { ref: false })]),
  };
}

function withDeadline(
  client: pg.PoolClient,
  { statementTimeoutMs }: PostgresPoolOptions,
): PostgresPoolClient {
  let isBroken = false;
  async function query(statement: string, parameters: ReadonlyArray<unknown>) {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const timer = globalThis.setTimeout(
      () => reject(new Error("the database is silent")),
      statementTimeoutMs + silenceGraceMs,
    );
    try {
      return await orUnavailable(Promise.race([client.query(statement, [...parameters]), silence]));
    } catch (error) {
      isBroken ||= error instanceof StoreError;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    // Kysely also knows a form with cursors, and uses it if it is given some.
    query: query as unknown as PostgresPoolClient["query"],
    release: (destroy) => client.release(destroy === true || isBroken),
  };
}

async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (isSqlState(errorCode(cause))) throw cause;
    throw new StoreError("unavailable", "the database did not answer", { cause });
  }
}
