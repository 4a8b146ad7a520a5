import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { sessionColumns } from "./columns.ts";
import { insertRows } from "./insert-rows.ts";
import type { SessionsTable, TokenTotals } from "./schema.ts";
import { addTokens } from "./totals.ts";

/** What an interception brings to its session. */
export interface SessionAddition extends TokenTotals {
  readonly interceptionId: string;
  readonly lastActiveTime: Date;
  /** 1 if it began now, else 0. */
  readonly interceptions: bigint;
}

/**
 * Adds up, in the sessions of these interceptions. One that has not begun has no
 * session yet: what it used is added when it begins.
 */
export async function addToSessions(
  trx: Transaction<Schema>,
  additions: readonly SessionAddition[],
): Promise<void> {
  if (additions.length === 0) return;
  const ids = additions.map(({ interceptionId }) => interceptionId);
  const begun = await trx
    .selectFrom("interceptions")
    .select(["id", "sessionId", "initiatorId", "client", "clientSessionId", "startTime", "rootId"])
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .where("startTime", "is not", null)
    .$narrowType<{
      sessionId: string;
      initiatorId: string;
      client: string;
      clientSessionId: string;
      startTime: Date;
    }>()
    .execute();
  const byId = new Map(begun.map((row) => [row.id, row]));
  await upsertSessions(
    trx,
    additions.flatMap(({ interceptionId, ...sums }) => {
      const facts = byId.get(interceptionId);
      if (facts === undefined) return [];
      const { sessionId: id, initiatorId: userId, client, clientSessionId, startTime } = facts;
      return { id, userId, client, clientSessionId, startTime, ...sums };
    }),
  );
}

/** Adds rows to the sessions of the same ids, which are made if need be. */
export async function upsertSessions(
  trx: Transaction<Schema>,
  rows: readonly SessionsTable[],
): Promise<void> {
  if (rows.length === 0) return;
  const byId = new Map<string, SessionsTable>();
  for (const row of rows) {
    const before = byId.get(row.id);
    byId.set(row.id, before === undefined ? row : merge(before, row));
  }
  await insertRows(
    "sessions",
    sessionColumns,
    [...byId.values()],
    sql`on conflict (id) do update set
      start_time = least(sessions.start_time, excluded.start_time),
      last_active_time = greatest(sessions.last_active_time, excluded.last_active_time),
      interceptions = sessions.interceptions + excluded.interceptions,
      input_tokens = sessions.input_tokens + excluded.input_tokens,
      output_tokens = sessions.output_tokens + excluded.output_tokens,
      cache_read_tokens = sessions.cache_read_tokens + excluded.cache_read_tokens,
      cache_write_tokens = sessions.cache_write_tokens + excluded.cache_write_tokens`,
  ).execute(trx);
}

function merge(a: SessionsTable, b: SessionsTable): SessionsTable {
  return {
    ...a,
    startTime: new Date(Math.min(a.startTime.getTime(), b.startTime.getTime())),
    lastActiveTime: new Date(Math.max(a.lastActiveTime.getTime(), b.lastActiveTime.getTime())),
    interceptions: a.interceptions + b.interceptions,
    ...addTokens(a, b),
  };
}
