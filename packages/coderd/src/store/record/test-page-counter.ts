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
  /** Calls `work` likewise, and resolves to the tables that its statements read from end to end. */
  tablesReadWholeBy(work: () => Promise<unknown>): Promise<readonly string[]>;
}

/** Counts on the PostgreSQL that `url` names. */
export function createPageCounter(url: string): PageCounter {
  let onPlan: ((plan: unknown) => void) | undefined;
  const pool = createPostgresPool(url, {
    connectionsMax: 4,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => {},
  });
  const counting: PostgresPool = {
    ...pool,
    connect: async () => explainingClient(await pool.connect(), (plan) => onPlan?.(plan)),
  };
  const db = createDatabaseHandle(new PostgresDialect({ pool: counting }));
  // Nobody watches for changes here.
  const store = createStore(db, () => Promise.reject(new Error("not listening")));
  async function plansOf(work: () => Promise<unknown>): Promise<readonly unknown[]> {
    const plans: unknown[] = [];
    onPlan = (plan) => plans.push(plan);
    try {
      await work();
      return plans;
    } finally {
      onPlan = undefined;
    }
  }
  return {
    store,
    async pagesOf(work) {
      return (await plansOf(work)).map(pagesIn).reduce((sum, pages) => sum + pages, 0);
    },
    async tablesReadWholeBy(work) {
      return (await plansOf(work)).flatMap(tablesReadWholeIn);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

type Query = (statement: string, parameters: readonly unknown[]) => Promise<{ rows: unknown[] }>;

function explainingClient(
  client: PostgresPoolClient,
  onPlan: (plan: unknown) => void,
): PostgresPoolClient {
  const plain = client.query.bind(client) as unknown as Query;
  let isInTransaction = false;
  const query: Query = async (statement, parameters) => {
    if (/^\s*(with|select|insert|update|delete)\b/i.test(statement)) {
      await plain(isInTransaction ? "savepoint counted" : "begin", []);
      const explain = `explain (analyze, buffers, format json) ${statement}`;
      const { rows } = await plain(explain, parameters);
      await plain(isInTransaction ? "rollback to savepoint counted" : "rollback", []);
      onPlan(planIn(rows));
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

function planIn(rows: readonly unknown[]): unknown {
  const plans: unknown = Reflect.get(Object(rows[0]), "QUERY PLAN");
  return Reflect.get(Object(Array.isArray(plans) ? plans[0] : undefined), "Plan");
}

function pagesIn(plan: unknown): number {
  const blocks = (name: string) => Number(Reflect.get(Object(plan), name));
  return blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
}

function tablesReadWholeIn(plan: unknown): readonly string[] {
  const about = (name: string): unknown => Reflect.get(Object(plan), name);
  const parts = about("Plans");
  const below = Array.isArray(parts) ? parts.flatMap(tablesReadWholeIn) : [];
  return about("Node Type") === "Seq Scan" ? [String(about("Relation Name")), ...below] : below;
}
