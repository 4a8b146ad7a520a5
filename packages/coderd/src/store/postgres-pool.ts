import { setTimeout } from "node:timers/promises";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import { errorCode, isSqlState } from "../error-code.ts";
import { preparedName } from "./prepared.ts";
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
  /** A channel that every connection listens on. */
  readonly listen?: ListenOptions;
}

interface ListenOptions {
  readonly channel: string;
  readonly onMessage: () => void;
}

/** How much longer than a statement's timeout an answer may be on its way. */
export const silenceGraceMs = 500;
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
  const listening = new WeakSet<pg.PoolClient>();
  const preparing = { isPossible: true };
  const { listen } = options;
  return {
    options: pool.options,
    async connect() {
      const connection = await orUnavailable(pool.connect());
      const client = withDeadline(connection, options, preparing);
      if (listen === undefined || listening.has(connection)) return client;
      connection.on("notification", listen.onMessage);
      await listenOn(client, listen.channel);
      listening.add(connection);
      return client;
    },
    // A server that is silent does not say goodbye either.
    end: () => Promise.race([pool.end(), setTimeout(goodbyeTimeoutMs, undefined, { ref: false })]),
  };
}

async function listenOn(client: PostgresPoolClient, channel: string): Promise<void> {
  try {
    await client.query(`listen ${channel}`, []);
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Shared by the connections of a pool. */
interface Preparing {
  isPossible: boolean;
}

/**
 * Answers to a connection that is not the one where the statement was prepared:
 * a pooler changes them behind our back. From then on nothing is prepared.
 * invalid_sql_statement_name and duplicate_prepared_statement (appendix A).
 */
const preparedStatementErrors: ReadonlySet<string> = new Set(["26000", "42P05"]);

function withDeadline(
  client: pg.PoolClient,
  { statementTimeoutMs }: PostgresPoolOptions,
  preparing: Preparing,
): PostgresPoolClient {
  let isBroken = false;
  async function query(text: string, parameters: ReadonlyArray<unknown>) {
    const statement = { text, values: [...parameters] };
    const name = preparing.isPossible ? preparedName(text) : undefined;
    if (name === undefined) return run(statement);
    try {
      return await run({ ...statement, name });
    } catch (error) {
      if (!preparedStatementErrors.has(errorCode(error))) throw error;
      preparing.isPossible = false;
      return run(statement);
    }
  }
  async function run(statement: pg.QueryConfig) {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(new Error("the database is silent"));
    // A timer is told before the sockets are read: if this process was busy, the
    // answer may be there. `setImmediate` is after them.
    const timer = globalThis.setTimeout(
      () => setImmediate(giveUp),
      statementTimeoutMs + silenceGraceMs,
    );
    try {
      return await orUnavailable(Promise.race([client.query(statement), silence]));
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
