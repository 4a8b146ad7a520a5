import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Schema } from "../schema.ts";
import { firstIdAt, firstIdOfDay } from "./id-time.ts";
import { type InterceptionFilter, idSlackMs, matching } from "./read-interceptions.ts";
import type { TokenTotals } from "./schema.ts";
import { divideUsageRange, type UsageRange } from "./usage-ranges.ts";

/** What usage is summed by. */
export type UsageGrouping = keyof typeof groups;

/** The sum of a group, whose names are in the order that was asked for. */
export interface UsageSummary extends TokenTotals {
  readonly names: readonly string[];
  readonly interceptions: bigint;
}

const dayOfStart = "(start_time at time zone 'UTC')::date";

/** By what rows are grouped, and the name of the group: texts are made of groups, not of rows. */
const groups = {
  user: { key: "user_id", name: "user_id::text" },
  model: { key: "model", name: "model" },
  provider: { key: "provider_name", name: "provider_name" },
  client: { key: "client", name: "client" },
  day: { key: dayOfStart, name: `to_char(${dayOfStart}, 'YYYY-MM-DD')` },
} as const;

const columns = sql.raw(`start_time, user_id, model, provider_name, client, interceptions,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens`);

/**
 * Adds up by groups, in the order of their names' bytes, `groupsMax` of them at
 * most. Whole days and whole hours are added up already, so a long range costs
 * its days, and at each end what is left of an hour. By session or by status
 * every interception in the range is read; the statement timeout bounds it.
 */
export async function summarizeUsage(
  db: Kysely<Schema>,
  groupings: readonly UsageGrouping[],
  filter: InterceptionFilter,
  groupsMax: number,
): Promise<UsageSummary[]> {
  const parts = rangesOf(filter).map((range) => selectUsage(db, filter, range));
  const chosen = groupings.map((grouping) => groups[grouping]);
  const names = sql.raw(chosen.map(({ name }) => name).join(", "));
  const keys = sql.raw(chosen.map(({ key }) => key).join(", "));
  const order = sql.raw(chosen.map(({ name }) => `${name} collate "C"`).join(", "));
  const byGroup = chosen.length === 0 ? sql`` : sql`group by ${keys} order by ${order}`;
  const { rows } = await sql<UsageSummary>`
    select array[${names}]::text[] as names,
      coalesce(sum(interceptions), 0)::bigint as interceptions,
      coalesce(sum(input_tokens), 0)::bigint as input_tokens,
      coalesce(sum(output_tokens), 0)::bigint as output_tokens,
      coalesce(sum(cache_read_tokens), 0)::bigint as cache_read_tokens,
      coalesce(sum(cache_write_tokens), 0)::bigint as cache_write_tokens
    from (${sql.join(parts, sql` union all `)}) used
    ${byGroup} limit ${sql.lit(groupsMax)}`.execute(db);
  return rows;
}

function rangesOf({ startTime, endTime, ...filter }: InterceptionFilter): UsageRange[] {
  const range = { startMs: startTime?.getTime() ?? 0, endMs: endTime?.getTime() };
  const isAddedUp = filter.sessionId === undefined && filter.status === undefined;
  const parts = isAddedUp ? divideUsageRange(range) : [];
  return parts.length > 0 ? parts : [{ ...range, source: "rows" }];
}

function selectUsage(
  db: Kysely<Schema>,
  filter: InterceptionFilter,
  { source, startMs, endMs }: UsageRange,
): RawBuilder<unknown> {
  const endTime = endMs === undefined ? undefined : new Date(endMs);
  if (source === "rows") {
    const query = db
      .selectFrom("interceptions")
      .select(["startTime", "initiatorId", "model", "providerName", "client"])
      .select(sql.lit(1).as("interceptions"))
      .select(["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"])
      .where(matching({ ...filter, startTime: new Date(startMs), endTime }));
    return sql`select * from (${query}) of_rows (${columns})`;
  }
  const { initiatorId, model, providerName, client } = filter;
  const conditions = [
    sql`start_time >= ${new Date(startMs)}`,
    // The partitions are of the days that ids hold.
    sql`first_id >= ${firstIdOfDay(firstIdAt(startMs - idSlackMs))}::uuid`,
    ...(endTime === undefined ? [] : [sql`start_time < ${endTime}`]),
    ...(endMs === undefined ? [] : [sql`first_id < ${firstIdAt(endMs + idSlackMs)}::uuid`]),
    ...Object.entries({ user_id: initiatorId, model, provider_name: providerName, client }).flatMap(
      ([column, value]) => (value === undefined ? [] : [sql`${sql.ref(column)} = ${value}`]),
    ),
  ];
  return sql`
    select ${columns} from ${sql.table(`usage_${source}`)}
    where ${sql.join(conditions, sql` and `)}`;
}
