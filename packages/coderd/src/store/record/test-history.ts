import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Store } from "../store.ts";
import { firstIdAt } from "./id-time.ts";
import type { RecordBatch } from "./write-batch.ts";

const dayMs = 24 * 3_600_000;

/** A record to be: steady, sessions of 10 turns, by 7 models of 2 providers through 5 clients. */
export interface History {
  readonly interceptions: number;
  readonly users: number;
  readonly days: number;
  /** When it ends. */
  readonly end: Date;
}

/** One of the users of a history. */
export function userOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** Replaces the record by a history, much faster than by events. */
export async function fillHistory(
  store: Store,
  client: pg.Client,
  { interceptions, users, days, end }: History,
): Promise<void> {
  await client.query(`truncate ${tables.join(", ")}`);
  for (let day = days; day >= 0; day -= 1) {
    await store.record.maintain(new Date(end.getTime() - day * dayMs), 0);
  }
  const indexes = await dropIndexes(client);
  const startMs = end.getTime() - days * dayMs;
  const at = `(${startMs} + n::bigint * ${days * dayMs} / ${interceptions})`;
  const time = `to_timestamp(${at} / 1000.0)`;
  const id = `(lpad(to_hex(${at}), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid`;
  const user = `lpad(to_hex(n / 10 % ${users}), 32, '0')`;
  const userId = `(overlay(overlay(${user} placing '4' from 13) placing '8' from 17))::uuid`;
  const numbers = `generate_series(0, ${interceptions - 1}) n`;
  await client.query(`insert into interceptions
    (id, start_time, initiator_id, api_key_id, provider_type, provider_name, model, client,
     client_session_id, user_agent, correlating_tool_call_id, credential_kind, credential_hint,
     source, delegated, streaming, metadata, session_id, root_id, end_time, status, input_tokens)
    select ${id}, ${time}, ${userId}, 'AAAAAAAAAA', 'anthropic', 'provider-' || n % 2,
     'model-' || n % 7, 'client-' || n / 10 % 5, 's' || n / 10, 'agent', 'call-' || n - 1,
     'centralized', '', '', false, true, '{}', md5('s' || n / 10)::uuid, ${id}, ${time},
     case when n % 50 = 0 then 'failed' else 'completed' end, 100 from ${numbers}`);
  await client.query(`insert into tool_usages
    select ${id}, ${id}, ${time}, '', 'call-' || n, 'read', '', 'full', false, '', ''
    from ${numbers}`);
  await client.query(`insert into token_usages
    select ${id}, ${id}, ${time}, '', 'model', 100, 0, 0, 0, '{}', '{}', '', false
    from ${numbers}`);
  for (const statement of [...sums, ...indexes, vacuum]) await client.query(statement);
}

const tables = [
  "interceptions",
  "tool_usages",
  "token_usages",
  "sessions",
  "session_facets",
  "usage_hours",
  "usage_days",
];

/** Drops what is no primary key, and returns how to make it again: filling is faster without. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
      from pg_index where indrelid = any($1::text[]::regclass[]) and not indisprimary`,
    [tables],
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ definition }) => String(definition).replace(" ON ONLY ", " ON "));
}

const vacuum = `vacuum analyze ${tables.join(", ")}`;

// As the record adds them up itself.
const sums = [
  `insert into sessions
    select session_id, min(initiator_id::text)::uuid, min(client), min(client_session_id),
      min(start_time), date_trunc('milliseconds', max(start_time)), count(*), sum(input_tokens),
      0, 0, 0 from interceptions group by session_id`,
  `insert into session_facets
    select session_id, facet, count(*), max(last_active_time)
    from interceptions join sessions on sessions.id = session_id
    cross join lateral (values ('provider:' || provider_name), ('model:' || model),
      ('status:' || status)) of_it (facet)
    group by session_id, facet`,
  ...["hour", "day"].map(
    (unit) => `insert into usage_${unit}s
      select (lpad(to_hex((extract(epoch from
          date_trunc('day', start_time, 'UTC')) * 1000)::bigint), 12, '0')
          || '00000000000000000000')::uuid,
        date_trunc('${unit}', start_time, 'UTC'), initiator_id, model, provider_name, client,
        count(*), sum(input_tokens), 0, 0, 0
      from interceptions group by 1, 2, 3, 4, 5, 6`,
  ),
];

/**
 * A batch of interceptions of five events each, all of which answer a tool call
 * of the one before, in 50 sessions.
 */
export function batchOf(time: Date, count: number): RecordBatch {
  const timeMs = time.getTime();
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
      providerName: "provider-1",
      model: "model-1",
      client: "client-1",
      clientSessionId: `${timeMs}-${n % 50}`,
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
