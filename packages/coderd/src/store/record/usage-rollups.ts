import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { usageTableColumns } from "./columns.ts";
import { insertRows } from "./insert-rows.ts";
import type { UsageTable } from "./schema.ts";
import { addTokens } from "./totals.ts";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

const key = ["firstId", "userId", "startTime", "model", "providerName", "client"] as const;

/**
 * Adds what interceptions used to the sums of the hour and of the day in which
 * they began, which `startTime` tells.
 *
 * A batch is one row for each user, model and so on, whatever it holds, in the
 * order of the key. Another process that adds to the same sum waits until this
 * transaction has ended: so this comes last in it.
 */
export async function addToUsage(
  trx: Transaction<Schema>,
  used: readonly UsageTable[],
): Promise<void> {
  for (const [table, unitMs] of [
    ["usage_hours", hourMs],
    ["usage_days", dayMs],
  ] as const) {
    const rows = sumByKey(used.map((row) => ({ ...row, startTime: floor(row.startTime, unitMs) })));
    if (rows.length === 0) continue;
    await insertRows(
      table,
      usageTableColumns,
      rows,
      sql`on conflict (first_id, user_id, start_time, model, provider_name, client) do update set
        interceptions = ${sql.ref(table)}.interceptions + excluded.interceptions,
        input_tokens = ${sql.ref(table)}.input_tokens + excluded.input_tokens,
        output_tokens = ${sql.ref(table)}.output_tokens + excluded.output_tokens,
        cache_read_tokens = ${sql.ref(table)}.cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = ${sql.ref(table)}.cache_write_tokens + excluded.cache_write_tokens`,
      key,
    ).execute(trx);
  }
}

function floor(time: Date, unitMs: number): Date {
  return new Date(time.getTime() - (time.getTime() % unitMs));
}

/** Leaves out sums of nothing: an event that came again. */
function sumByKey(rows: readonly UsageTable[]): UsageTable[] {
  const sums = new Map<string, UsageTable>();
  for (const row of rows) {
    const name = JSON.stringify(key.map((column) => row[column]));
    const before = sums.get(name);
    sums.set(name, before === undefined ? row : add(before, row));
  }
  return [...sums.values()].filter(isSomething);
}

function add(a: UsageTable, b: UsageTable): UsageTable {
  return { ...a, interceptions: a.interceptions + b.interceptions, ...addTokens(a, b) };
}

function isSomething(row: UsageTable): boolean {
  return (
    row.interceptions > 0n ||
    row.inputTokens > 0n ||
    row.outputTokens > 0n ||
    row.cacheReadTokens > 0n ||
    row.cacheWriteTokens > 0n
  );
}
