import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import { createPostgresPool } from "../postgres-pool.ts";
import { createDatabaseHandle, createStore, type Store } from "../store.ts";

/** A store on a migrated PostgreSQL that can tell how much of it a call reads. */
export interface PageCounter extends AsyncDisposable {
  readonly store: Store;
  /**
   * Calls `work`, and resolves to the pages of 8 KB, cached or not, that its
   * statements touch: unlike time, the same on any machine. Each statement runs
   * twice, once to be counted and undone. One call at a time.
   */
  pagesOf(work: () => Promise<unknown>): Promise<number>;
}

/** Counts on the PostgreSQL that `url` names. */
export function createPageCounter(url: string): PageCounter {
  let count: ((pages: number) => void) | undefined;
  const pool = createPostgresPool(url, {
    connectionsMax: 4,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => {},
  });
  const counting: PostgresPool = {
    ...pool,
    connect: async () => countingClient(await pool.connect(), (pages) => count?.(pages)),
  };
  const db = createDatabaseHandle(new PostgresDialect({ pool: counting }));
  // Nobody watches for changes here.
  const store = createStore(db, () => Promise.reject(new Error("not listening")));
  return {
    store,
    async pagesOf(work) {
      let sum = 0;
      count = (pages) => {
        sum += pages;
      };
      try {
        await work();
        return sum;
      } finally {
        count = undefined;
      }
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

type Query = (statement: string, parameters: readonly unknown[]) => Promise<{ rows: unknown[] }>;

function countingClient(
  client: PostgresPoolClient,
  count: (pages: number) => void,
): PostgresPoolClient {
  const plain = client.query.bind(client) as unknown as Query;
  let isInTransaction = false;
  const query: Query = async (statement, parameters) => {
    if (/^\s*(with|select|insert|update|delete)\b/i.test(statement)) {
      await plain(isInTransaction ? "savepoint counted" : "begin", []);
      const explain = `explain (analyze, buffers, format json) ${statement}`;
      const { rows } = await plain(explain, parameters);
      await plain(isInTransaction ? "rollback to savepoint counted" : "rollback", []);
      count(pagesIn(rows));
    }
    if (/^begin/i.test(statement)) isInTransaction = true;
    if (/^(commit|rollback)$/i.test(statement)) isInTransaction = false;
    return await plain(statement, parameters);
  };
  return {
    query: query as unknown as PostgresPoolClient["query"],
    release: () => client.release(),
  };
}

function pagesIn(rows: readonly unknown[]): number {
  const plans: unknown = Reflect.get(Object(rows[0]), "QUERY PLAN");
  const plan: unknown = Reflect.get(Object(Array.isArray(plans) ? plans[0] : undefined), "Plan");
  const blocks = (name: string) => Number(Reflect.get(Object(plan), name));
  return blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
}
