import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { addUp } from "./add-up.ts";
import { type ById, changesOf, type Earlier, type Ended } from "./batch-changes.ts";
import {
  endColumns,
  modelThoughtColumns,
  promptColumns,
  startColumns,
  tokenUsageColumns,
  toolUsageColumns,
  totalsColumns,
} from "./columns.ts";
import { type ColumnTypes, excludedColumns, insertRows } from "./insert-rows.ts";
import type {
  EndColumns,
  EventColumns,
  ModelThoughtsTable,
  PromptsTable,
  StartColumns,
  TokenTotals,
  TokenUsagesTable,
  ToolUsagesTable,
} from "./schema.ts";
import { sessionIdOf } from "./session-id.ts";
import { linkNewStarts } from "./threads.ts";
import { addTokens, noTokens } from "./totals.ts";

/** Events by kind, each well-formed. `id` is the interception's for starts and ends. */
export interface RecordBatch {
  readonly starts: readonly StartRow[];
  readonly ends: readonly EndRow[];
  readonly tokenUsages: readonly TokenUsagesTable[];
  readonly prompts: readonly PromptsTable[];
  readonly toolUsages: readonly ToolUsagesTable[];
  readonly modelThoughts: readonly ModelThoughtsTable[];
}

export type StartRow = { readonly id: string } & StartColumns;
export type EndRow = { readonly id: string } & EndColumns;

/**
 * Writes a batch in one transaction, in some fifteen statements whatever its size.
 *
 * What was written before has no second effect: children are known by event id,
 * and only those that were really inserted are added up; an interception has
 * one start, the first that came, and one end. The first end stays, except that
 * any other replaces `interrupted`: that one is a guess, made after a crash for
 * want of an end, and the end itself may still come out of a spool.
 */
export function writeBatch(db: Kysely<Schema>, batch: RecordBatch): Promise<void> {
  return db.transaction().execute(async (trx) => {
    const usages = await insertNew(trx, "token_usages", tokenUsageColumns, batch.tokenUsages);
    await insertNew(trx, "prompts", promptColumns, batch.prompts);
    await insertNew(trx, "tool_usages", toolUsageColumns, batch.toolUsages);
    await insertNew(trx, "model_thoughts", modelThoughtColumns, batch.modelThoughts);

    const began = await insertStarts(trx, batch.starts);
    await linkNewStarts(trx, [...began.keys()]);
    const used = sumByInterception(usages);
    await addTotals(trx, used);
    const ended = await insertEnds(trx, batch.ends);
    await addUp(trx, changesOf(batch, { began, used, ended }));
  });
}

const totals = "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens";

/** Returns the rows that were not there. */
async function insertNew<Row extends EventColumns>(
  trx: Transaction<Schema>,
  table: string,
  types: ColumnTypes<Row>,
  rows: readonly Row[],
): Promise<Row[]> {
  if (rows.length === 0) return [];
  const { rows: inserted } = await sql<EventKey>`${insertRows(
    table,
    types,
    rows,
    sql`on conflict do nothing returning interception_id, id`,
  )}`.execute(trx);
  // Of an event that is twice in the batch the first one counts, there as here.
  const byKey = new Map(rows.toReversed().map((row) => [keyOf(row), row]));
  return inserted.flatMap((key) => byKey.get(keyOf(key)) ?? []);
}

type EventKey = Pick<EventColumns, "interceptionId" | "id">;

function keyOf({ interceptionId, id }: EventKey): string {
  return `${interceptionId}/${id}`;
}

/** Returns the interceptions that began now. */
async function insertStarts(
  trx: Transaction<Schema>,
  starts: readonly StartRow[],
): Promise<ById<Earlier>> {
  if (starts.length === 0) return new Map();
  const rows = [...firstById(starts).values()].map((start) => ({
    ...start,
    parentId: null,
    rootId: start.id,
    sessionId: sessionIdOf(start, start.id),
  }));
  const { rows: inserted } = await sql<Earlier>`${insertRows(
    "interceptions",
    { id: "uuid", ...startColumns },
    rows,
    sql`on conflict (id) do update set ${excludedColumns(startColumns)}
      where interceptions.start_time is null
      returning id, status, end_time, ${sql.raw(totals)}`,
  )}`.execute(trx);
  return new Map(inserted.map((row) => [row.id, row]));
}

async function addTotals(trx: Transaction<Schema>, used: ById<TokenTotals>): Promise<void> {
  if (used.size === 0) return;
  const rows = Array.from(used, ([id, totals]) => ({ id, ...totals }));
  await insertRows(
    "interceptions",
    { id: "uuid", ...totalsColumns },
    rows,
    sql`on conflict (id) do update set
      input_tokens = interceptions.input_tokens + excluded.input_tokens,
      output_tokens = interceptions.output_tokens + excluded.output_tokens,
      cache_read_tokens = interceptions.cache_read_tokens + excluded.cache_read_tokens,
      cache_write_tokens = interceptions.cache_write_tokens + excluded.cache_write_tokens`,
  ).execute(trx);
}

/** Returns the ends that are the interception's now. */
async function insertEnds(trx: Transaction<Schema>, ends: readonly EndRow[]): Promise<ById<Ended>> {
  if (ends.length === 0) return new Map();
  // Within the batch the same rule: the first one, but none that is a guess if there is another.
  const isGuess = ({ status }: EndRow) => status === "interrupted";
  const rows = firstById([...ends.filter((end) => !isGuess(end)), ...ends.filter(isGuess)]);
  const { rows: written } = await sql<Ended>`${insertRows(
    "interceptions",
    { id: "uuid", ...endColumns },
    [...rows.values()],
    sql`on conflict (id) do update set ${excludedColumns(endColumns)},
        replaced_status = interceptions.status
      where interceptions.status is null
        or (interceptions.status = 'interrupted' and excluded.status <> 'interrupted')
      returning id, status, replaced_status`,
  )}`.execute(trx);
  return new Map(written.map((row) => [row.id, row]));
}

function sumByInterception(usages: readonly TokenUsagesTable[]): ById<TokenTotals> {
  const sums = new Map<string, TokenTotals>();
  for (const usage of usages) {
    const sum = sums.get(usage.interceptionId) ?? noTokens;
    sums.set(usage.interceptionId, addTokens(sum, usage));
  }
  return sums;
}

function firstById<Row extends { readonly id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.toReversed().map((row) => [row.id, row]));
}
