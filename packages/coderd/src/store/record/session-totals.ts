import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { sessionColumns } from "./columns.ts";
import { insertRows } from "./insert-rows.ts";
import type { SessionsTable } from "./schema.ts";
import { addTokens } from "./totals.ts";

/** A session that something was added to. */
export interface ActiveSession {
  readonly lastActiveTime: Date;
  /** Made for what was added: nothing is on record of it besides. */
  readonly isNew: boolean;
}

/** Adds rows to the sessions of the same ids, which are made if need be. */
export async function upsertSessions(
  trx: Transaction<Schema>,
  rows: readonly SessionsTable[],
): Promise<Map<string, ActiveSession>> {
  if (rows.length === 0) return new Map();
  const byId = new Map<string, SessionsTable>();
  for (const row of rows) {
    const before = byId.get(row.id);
    byId.set(row.id, before === undefined ? row : merge(before, row));
  }
  // The client is that of the oldest: turns of a thread may come from several.
  const { rows: written } = await sql<Written>`${insertRows(
    "sessions",
    sessionColumns,
    [...byId.values()],
    sql`on conflict (id) do update set
      client = case when excluded.start_time < sessions.start_time
        then excluded.client else sessions.client end,
      start_time = least(sessions.start_time, excluded.start_time),
      last_active_time = greatest(sessions.last_active_time, excluded.last_active_time),
      interceptions = sessions.interceptions + excluded.interceptions,
      input_tokens = sessions.input_tokens + excluded.input_tokens,
      output_tokens = sessions.output_tokens + excluded.output_tokens,
      cache_read_tokens = sessions.cache_read_tokens + excluded.cache_read_tokens,
      cache_write_tokens = sessions.cache_write_tokens + excluded.cache_write_tokens
      returning id, last_active_time, interceptions`,
  )}`.execute(trx);
  return new Map(
    written.map(({ id, lastActiveTime, interceptions }) => {
      const added = byId.get(id)?.interceptions;
      return [id, { lastActiveTime, isNew: BigInt(interceptions) === added }];
    }),
  );
}

type Written = Pick<SessionsTable, "id" | "lastActiveTime" | "interceptions">;

function merge(a: SessionsTable, b: SessionsTable): SessionsTable {
  const oldest = b.startTime < a.startTime ? b : a;
  return {
    ...oldest,
    lastActiveTime: new Date(Math.max(a.lastActiveTime.getTime(), b.lastActiveTime.getTime())),
    interceptions: a.interceptions + b.interceptions,
    ...addTokens(a, b),
  };
}
