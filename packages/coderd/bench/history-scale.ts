/**
 * Shows that the record is as fast with much history as with little: fills a
 * PostgreSQL of its own, measures what requests do, and prints medians and plans.
 *
 *     npm run history-scale --workspace packages/coderd -- 2000 2000000
 */
import { randomBytes } from "node:crypto";
import { Secret } from "@aibridge/secret";
import { startPostgres } from "@aibridge/testing/postgres";
import pg from "pg";
import { openPostgresStore } from "../src/store/open-postgres.ts";
import { firstIdAt } from "../src/store/record/id-time.ts";
import type { RecordBatch } from "../src/store/record/write-batch.ts";
import type { Store } from "../src/store/store.ts";

const dayMs = 24 * 3_600_000;
const historyDays = 59;
const repetitions = 31;
const now = Date.now();
const userOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;

const sizes = process.argv.slice(2).map(Number);
for (const size of sizes.length > 0 ? sizes : [2_000, 2_000_000]) await measure(size);

async function measure(size: number): Promise<void> {
  await using server = await startPostgres();
  await using store = await openPostgresStore(new Secret(server.url));
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await fill(store, client, size);
    print(`\n${size} interceptions over ${historyDays} days`);
    await measureReads(store, client);
    await measureWrites(store);
    await explain(client);
  } finally {
    await client.end();
  }
}

async function fill(store: Store, client: pg.Client, size: number): Promise<void> {
  // To write an event makes the partitions of its day.
  for (let day = 0; day <= historyDays + 1; day += 1) {
    await store.record.write(batchOf(now - (historyDays + 0.5 - day) * dayMs, 1));
  }
  await client.query("truncate interceptions, sessions, tool_usages, token_usages");
  const startMs = now - historyDays * dayMs;
  const at = `(${startMs} + n::bigint * ${historyDays * dayMs} / ${size})`;
  const id = `(lpad(to_hex(${at}), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid`;
  const user = "lpad(to_hex(n / 10 % 500), 32, '0')";
  const userId = `(overlay(overlay(${user} placing '4' from 13) placing '8' from 17))::uuid`;
  await client.query(`insert into interceptions
    (id, start_time, initiator_id, api_key_id, provider_type, provider_name, model, client,
     client_session_id, user_agent, correlating_tool_call_id, credential_kind, credential_hint,
     source, delegated, streaming, metadata, session_id, root_id, end_time, status, input_tokens)
    select ${id}, to_timestamp(${at} / 1000.0), ${userId}, 'AAAAAAAAAA', 'anthropic', 'anthropic',
     'model-' || n % 7, 'client-' || n / 10 % 5, 's' || n / 10, 'agent', '', 'centralized', '', '',
     false, true, '{}', md5('s' || n / 10)::uuid, ${id}, to_timestamp(${at} / 1000.0),
     case when n % 1000 = 0 then 'failed' else 'completed' end, 100
    from generate_series(0, ${size - 1}) n`);
  await client.query(`insert into tool_usages
    select ${id}, ${id}, to_timestamp(${at} / 1000.0), '', 'call-' || n, 'read', '', 'full',
      false, '', '' from generate_series(0, ${size - 1}) n`);
  await client.query(`insert into sessions
    select session_id, min(initiator_id::text)::uuid, min(client), min(client_session_id),
      min(start_time), date_trunc('milliseconds', max(start_time)), count(*), sum(input_tokens),
      0, 0, 0 from interceptions group by session_id`);
  await client.query("vacuum analyze interceptions, sessions, tool_usages");
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
  const reads: Record<string, () => Promise<unknown>> = {
    "list sessions": () => record.listSessions(page),
    "list sessions of a user": () => record.listSessions({ ...page, userId: initiatorId }),
    "list sessions of a client": () => record.listSessions({ ...page, client: "client-3" }),
    "list interceptions": () => record.listInterceptions(page),
    "list interceptions of a user": () => record.listInterceptions({ ...page, initiatorId }),
    "list interceptions of a model": () => record.listInterceptions({ ...page, model: "model-3" }),
    "list failed interceptions": () => record.listInterceptions({ ...page, status: "failed" }),
    "list interceptions of a session": () => record.listInterceptions({ ...page, sessionId }),
    "get an interception": () => record.getInterception(id),
    "get a session": () => record.getSession(sessionId),
    "summarize 30 days by model and day": () =>
      record.summarizeUsage(["model", "day"], { startTime: new Date(now - 30 * dayMs) }, 10_001),
  };
  for (const [name, read] of Object.entries(reads)) print(`${name}: ${await medianMs(read)} ms`);
}

async function measureWrites(store: Store): Promise<void> {
  const batches = Array.from({ length: 20 }, () => batchOf(Date.now(), 200));
  const startMs = performance.now();
  for (const batch of batches) await store.record.write(batch);
  const seconds = (performance.now() - startMs) / 1_000;
  print(`record: ${Math.round((20 * 200 * 5) / seconds)} events/s, one writer, batches of 1,000`);
}

/** Interceptions of five events each, every one of which answers a tool call of the one before. */
function batchOf(timeMs: number, count: number): RecordBatch {
  const time = new Date(timeMs);
  const newId = () =>
    `${firstIdAt(timeMs).slice(0, 14)}7000-8000-${randomBytes(6).toString("hex")}`;
  const ids = Array.from({ length: count }, newId).sort();
  const children = ids.map((interceptionId) => ({
    interceptionId,
    id: newId(),
    time,
    providerResponseId: "m1",
  }));
  return {
    starts: ids.map((id, n) => ({
      id,
      startTime: time,
      initiatorId: userOf(1),
      apiKeyId: "AAAAAAAAAA",
      providerType: "anthropic",
      providerName: "anthropic",
      model: "model-1",
      client: "client-1",
      clientSessionId: `s${n % 50}`,
      userAgent: "agent",
      correlatingToolCallId: `new-${ids[n - 1]}`,
      credentialKind: "centralized",
      credentialHint: "",
      source: "",
      delegated: false,
      streaming: true,
      metadata: {},
    })),
    ends: ids.map((id) => ({
      id,
      endTime: time,
      status: "completed",
      errorType: "unspecified",
      errorMessage: "",
      upstreamStatus: 200,
      upstreamRequestId: "",
      timeToFirstByteUs: 1n,
      gatewayOverheadUs: 1n,
    })),
    tokenUsages: children.map((event) => ({
      ...event,
      inputTokens: 1n,
      outputTokens: 1n,
      cacheReadTokens: 0n,
      cacheWriteTokens: 0n,
      model: "model-1",
      extraTokens: {},
      rawUsage: "{}",
      serviceTier: "",
      partial: false,
    })),
    prompts: children.map((event) => ({ ...event, text: "x".repeat(500), privacy: "full" })),
    toolUsages: children.map((event) => ({
      ...event,
      providerToolCallId: `new-${event.interceptionId}`,
      tool: "read",
      arguments: "{}",
      privacy: "full",
      injected: false,
      serverUrl: "",
      invocationError: "",
    })),
    modelThoughts: [],
  };
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
