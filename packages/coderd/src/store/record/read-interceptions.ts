import { type ExpressionBuilder, type Kysely, type Selectable, sql } from "kysely";
import { type Page, type PageRequest, pageFrom } from "../page.ts";
import type { Schema } from "../schema.ts";
import { firstIdAt } from "./id-time.ts";
import type {
  ModelThoughtsTable,
  PromptsTable,
  RecordSchema,
  StartColumns,
  ThreadColumns,
  TokenUsagesTable,
  ToolUsagesTable,
} from "./schema.ts";

/** Selects interceptions; what is undefined does not select. */
export interface InterceptionFilter {
  readonly initiatorId?: string | undefined;
  readonly providerName?: string | undefined;
  readonly model?: string | undefined;
  readonly client?: string | undefined;
  readonly sessionId?: string | undefined;
  /** `unspecified` is no status: it must be undefined here. */
  readonly status?: string | undefined;
  readonly startTime?: Date | undefined;
  readonly endTime?: Date | undefined;
}

/** An interception that began. */
export type InterceptionRow = Omit<
  Selectable<RecordSchema["interceptions"]>,
  keyof StartColumns | keyof ThreadColumns
> &
  StartColumns &
  ThreadColumns;

/** An interception and what happened in it, in the order it happened. */
export interface InterceptionDetail {
  readonly interception: InterceptionRow;
  readonly tokenUsages: readonly TokenUsagesTable[];
  readonly prompts: readonly PromptsTable[];
  readonly toolUsages: readonly ToolUsagesTable[];
  readonly modelThoughts: readonly ModelThoughtsTable[];
}

/**
 * How far a start may be from the time in its interception's id. The gateway
 * makes both at once; the difference is what a clock is set back in between.
 */
export const idSlackMs = 60_000;

/**
 * How many interceptions are looked at to fill a page, if several conditions
 * select. A page may so be short, or empty, and still have a next one.
 */
const lookedAtMax = 10_000;

/** Newest first: the order of ids, which are those of time. */
export async function listInterceptions(
  db: Kysely<Schema>,
  { size, after, ...filter }: PageRequest<string> & InterceptionFilter,
): Promise<Page<InterceptionRow, string>> {
  const { startTime, endTime, ...equal } = filter;
  const [first, others] = divideConditions(equal);
  const candidates = db
    .selectFrom("interceptions")
    .where(matching({ ...first, startTime, endTime }))
    .$if(after !== undefined, (query) => query.where("id", "<", after ?? ""))
    .orderBy("id", "desc");
  const rows = await db
    .selectFrom(candidates.selectAll().limit(lookedAtMax).as("interceptions"))
    .selectAll()
    .where(matching(others))
    .orderBy("id", "desc")
    .limit(size + 1)
    .$castTo<InterceptionRow>()
    .execute();
  const page = pageFrom(rows, size, ({ id }) => id);
  if (page.next !== undefined || Object.keys(others).length === 0) return page;
  const last = await candidates
    .select("id")
    .limit(1)
    .offset(lookedAtMax - 1)
    .executeTakeFirst();
  return last === undefined ? page : { ...page, next: last.id };
}

type Conditions = Omit<InterceptionFilter, "startTime" | "endTime">;

/** The condition that likely leaves the fewest, for each of which there is an index, and the others. */
function divideConditions(filter: Conditions): [Conditions, Conditions] {
  const { sessionId, initiatorId, model, status, providerName, client } = filter;
  const isRareStatus = status !== "completed";
  const ordered = Object.entries({
    sessionId,
    initiatorId,
    ...(isRareStatus && { status }),
    model,
    providerName,
    client,
    ...(!isRareStatus && { status }),
  }).filter(([, value]) => value !== undefined);
  return [Object.fromEntries(ordered.slice(0, 1)), Object.fromEntries(ordered.slice(1))];
}

/** The interception, if it began. */
export async function getInterception(
  db: Kysely<Schema>,
  id: string,
): Promise<InterceptionDetail | undefined> {
  const interception = await db
    .selectFrom("interceptions")
    .selectAll()
    .where("id", "=", id)
    .where("startTime", "is not", null)
    .$castTo<InterceptionRow>()
    .executeTakeFirst();
  if (interception === undefined) return undefined;
  const [detail] = await withDetails(db, [interception]);
  return detail;
}

/** Reads what happened in interceptions, in four statements however many they are. */
export async function withDetails(
  db: Kysely<Schema>,
  interceptions: readonly InterceptionRow[],
): Promise<InterceptionDetail[]> {
  const ids = interceptions.map(({ id }) => id);
  const eventsIn = async <Row extends { readonly interceptionId: string }>(table: string) => {
    const { rows } = await sql<Row>`
      select * from ${sql.raw(table)} where interception_id = any(${ids}::uuid[])
      order by interception_id, time, id`.execute(db);
    return Map.groupBy(rows, ({ interceptionId }) => interceptionId);
  };
  const [tokenUsages, prompts, toolUsages, modelThoughts] = await Promise.all([
    eventsIn<TokenUsagesTable>("token_usages"),
    eventsIn<PromptsTable>("prompts"),
    eventsIn<ToolUsagesTable>("tool_usages"),
    eventsIn<ModelThoughtsTable>("model_thoughts"),
  ]);
  return interceptions.map((interception) => ({
    interception,
    tokenUsages: tokenUsages.get(interception.id) ?? [],
    prompts: prompts.get(interception.id) ?? [],
    toolUsages: toolUsages.get(interception.id) ?? [],
    modelThoughts: modelThoughts.get(interception.id) ?? [],
  }));
}

/**
 * The condition of a filter. Times also bound the id, so that PostgreSQL opens
 * the partitions of that time only. What has not begun is on no list.
 */
export function matching(filter: InterceptionFilter) {
  const { startTime, endTime, ...equal } = filter;
  return (is: ExpressionBuilder<Schema, "interceptions">) => {
    const conditions = [is("startTime", "is not", null)];
    for (const [column, value] of Object.entries(equal)) {
      if (value !== undefined) conditions.push(is(sql.ref(column), "=", value));
    }
    if (startTime !== undefined) {
      conditions.push(is("startTime", ">=", startTime));
      conditions.push(is("id", ">=", firstIdAt(startTime.getTime() - idSlackMs)));
    }
    if (endTime !== undefined) {
      conditions.push(is("startTime", "<", endTime));
      conditions.push(is("id", "<", firstIdAt(endTime.getTime() + idSlackMs)));
    }
    return is.and(conditions);
  };
}
