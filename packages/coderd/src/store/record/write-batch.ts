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
 * An interception of which all is in the batch is written once; else its row is
 * written anew, with an entry in each index, for its start, usage and end.
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

    const starts = firstById(batch.starts);
    const ends = endsById(batch.ends);
    const used = sumByInterception(usages);
    const fresh = await insertFresh(trx, { starts, ends, used });
    const resumed = await insertStarts(trx, without(starts, fresh.began));
    const began = new Map([...fresh.began, ...resumed]);
    await linkNewStarts(trx, [...began.keys()]);
    await addTotals(trx, without(used, fresh.began));
    const late = await insertEnds(trx, without(ends, fresh.began));
    const ended = new Map([...fresh.ended, ...late]);
    await addUp(trx, changesOf(batch, { began, used, ended }));
  });
}

/** What a batch tells of interceptions themselves, once of each. */
interface Told {
  readonly starts: ById<StartRow>;
  readonly ends: ById<EndRow>;
  readonly used: ById<TokenTotals>;
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

/**
 * Writes the interceptions of which nothing was on record, as far as the batch
 * tells of them. Returns those, and which of them ended.
 */
async function insertFresh(trx: Transaction<Schema>, { starts, ends, used }: Told) {
  const [began, ended] = [new Map<string, Earlier>(), new Map<string, Ended>()];
  if (starts.size === 0) return { began, ended };
  const rows = Array.from(starts.values(), (start) => ({
    ...noEnd,
    ...noTokens,
    ...used.get(start.id),
    ...ends.get(start.id),
    ...rootFrom(start),
  }));
  const { rows: inserted } = await sql<{ id: string }>`${insertRows(
    "interceptions",
    { id: "uuid", ...startColumns, ...endColumns, ...totalsColumns },
    rows,
    sql`on conflict (id) do nothing returning id`,
  )}`.execute(trx);
  for (const { id } of inserted) {
    began.set(id, { id, status: null, endTime: null, ...noTokens });
    const end = ends.get(id);
    if (end) ended.set(id, { id, status: end.status, replacedStatus: null });
  }
  return { began, ended };
}

const noEnd = Object.fromEntries(Object.keys(endColumns).map((name) => [name, null]));

/** As written at first: what it answers, if anything, is looked for then. */
function rootFrom(start: StartRow) {
  const { id } = start;
  return { ...start, parentId: null, rootId: id, sessionId: sessionIdOf(start, id) };
}

/** Returns the interceptions that began now, and had something on record before. */
async function insertStarts(
  trx: Transaction<Schema>,
  starts: ById<StartRow>,
): Promise<ById<Earlier>> {
  if (starts.size === 0) return new Map();
  const rows = Array.from(starts.values(), rootFrom);
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
async function insertEnds(trx: Transaction<Schema>, ends: ById<EndRow>): Promise<ById<Ended>> {
  if (ends.size === 0) return new Map();
  const { rows: written } = await sql<Ended>`${insertRows(
    "interceptions",
    { id: "uuid", ...endColumns },
    [...ends.values()],
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

/** Within a batch the same rule: the first one, but none that is a guess if there is another. */
function endsById(ends: readonly EndRow[]): Map<string, EndRow> {
  const isGuess = ({ status }: EndRow) => status === "interrupted";
  return firstById([...ends.filter((end) => !isGuess(end)), ...ends.filter(isGuess)]);
}

function without<T>(all: ById<T>, left: ReadonlyMap<string, unknown>): ById<T> {
  if (left.size === 0) return all;
  return new Map([...all].filter(([id]) => !left.has(id)));
}

function firstById<Row extends { readonly id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.toReversed().map((row) => [row.id, row]));
}
