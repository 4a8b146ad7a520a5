/**
 * Shows that the record is as fast with much history as with little: fills a
 * PostgreSQL of its own, measures what requests do, and prints medians and plans.
 *
 *     npm run history-scale --workspace packages/coderd -- 2000 2000000
 */
import { Secret } from "@aibridge/secret";
import { startPostgres } from "@aibridge/testing/postgres";
import pg from "pg";
import { openPostgresStore } from "../src/store/open-postgres.ts";
import { firstIdAt } from "../src/store/record/id-time.ts";
import { batchOf, fillHistory, userOf } from "../src/store/record/test-history.ts";
import type { Store } from "../src/store/store.ts";

const dayMs = 24 * 3_600_000;
const historyDays = 59;
const repetitions = 31;
const now = Date.now();

const sizes = process.argv.slice(2).map(Number);
for (const size of sizes.length > 0 ? sizes : [2_000, 2_000_000]) await measure(size);

async function measure(size: number): Promise<void> {
  await using server = await startPostgres();
  await using store = await openPostgresStore(new Secret(server.url));
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const history = { interceptions: size, users: 500, days: historyDays, end: new Date(now) };
    await fillHistory(store, client, history);
    print(`\n${size} interceptions over ${historyDays} days`);
    await measureReads(store, client);
    await measureWrites(store);
    await explain(client);
  } finally {
    await client.end();
  }
}

async function measureReads(store: Store, client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    "select id, session_id from interceptions order by id desc limit 1",
  );
  const id = String(rows[0]?.id);
  const sessionId = String(rows[0]?.session_id);
  const { record } = store;
  const initiatorId = userOf(7);
  const page = { size: 100 };
  const byDay = ["model", "day"] as const;
  const month = { startTime: new Date(now - 30 * dayMs) };
  const reads: Record<string, () => Promise<unknown>> = {
    "list sessions": () => record.listSessions(page),
    "list sessions of a user": () => record.listSessions({ ...page, userId: initiatorId }),
    "list sessions of a client": () => record.listSessions({ ...page, client: "client-3" }),
    "list sessions of a model": () => record.listSessions({ ...page, model: "model-3" }),
    "list failed sessions": () => record.listSessions({ ...page, status: "failed" }),
    "list sessions of no model": () => record.listSessions({ ...page, model: "none" }),
    "list sessions of a model, failed": () =>
      record.listSessions({ ...page, model: "model-3", status: "failed" }),
    "list sessions by its client's name": () =>
      record.listSessions({ ...page, clientSessionId: "s7" }),
    "list interceptions": () => record.listInterceptions(page),
    "list interceptions of a user": () => record.listInterceptions({ ...page, initiatorId }),
    "list interceptions of a model": () => record.listInterceptions({ ...page, model: "model-3" }),
    "list failed interceptions": () => record.listInterceptions({ ...page, status: "failed" }),
    "list interceptions of a model and another's provider": () =>
      record.listInterceptions({ ...page, model: "model-3", providerName: "none" }),
    "list interceptions of a session": () => record.listInterceptions({ ...page, sessionId }),
    "get an interception": () => record.getInterception(id),
    "get a session": () => record.getSession(sessionId),
    "sum usage of 30 days by model and day": () => record.summarizeUsage(byDay, month, 10_001),
    "sum usage of 30 days of a user": () =>
      record.summarizeUsage(byDay, { ...month, initiatorId }, 10_001),
  };
  for (const [name, read] of Object.entries(reads)) print(`${name}: ${await medianMs(read)} ms`);
}

async function measureWrites(store: Store): Promise<void> {
  const batches = Array.from({ length: 20 }, () => batchOf(new Date(), 200));
  const startMs = performance.now();
  for (const batch of batches) await store.record.write(batch);
  const seconds = (performance.now() - startMs) / 1_000;
  print(`record: ${Math.round((20 * 200 * 5) / seconds)} events/s, one writer, batches of 1,000`);
}

/** What a listing opens and reads, and which partitions a day's range leaves. */
async function explain(client: pg.Client): Promise<void> {
  const from = firstIdAt(now - dayMs);
  const statements = [
    "select * from sessions order by last_active_time desc, id desc limit 101",
    `select * from interceptions where start_time is not null and initiator_id = '${userOf(7)}'
      order by id desc limit 101`,
    `select count(*) from interceptions where id >= '${from}'`,
  ];
  for (const statement of statements) {
    const plan = await client.query(`explain (analyze, timing off) ${statement}`);
    const lines = plan.rows.map((row) => String(row["QUERY PLAN"]));
    const executed = lines.filter((line) => !/never executed|Index Cond|Filter/.test(line));
    const unused = lines.filter((line) => line.includes("never executed")).length;
    print(`\n${statement}\n${executed.slice(0, 12).join("\n")}`);
    print(`(${unused} partitions never read)\n${lines.slice(-2).join("\n")}`);
  }
}

async function medianMs(work: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let n = 0; n < repetitions; n += 1) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return (times.sort((a, b) => a - b)[repetitions >> 1] ?? 0).toFixed(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
