import { type Kysely, sql } from "kysely";
import type { Schema } from "../schema.ts";
import { type InterceptionFilter, matching } from "./read-interceptions.ts";
import type { TokenTotals } from "./schema.ts";

/** What usage is summed by. */
export type UsageGrouping = keyof typeof groupExpressions;

/** The sum of a group, whose names are in the order that was asked for. */
export interface UsageSummary extends TokenTotals {
  readonly names: readonly string[];
  readonly interceptions: bigint;
}

const groupExpressions = {
  user: "initiator_id::text",
  model: "model",
  provider: "provider_name",
  client: "client",
  day: "to_char(start_time at time zone 'UTC', 'YYYY-MM-DD')",
} as const;

/**
 * Adds up by groups, in the order of their names' bytes, `groupsMax` of them at
 * most. It reads every interception in the range of the filter, so it takes as
 * long as there are many; the statement timeout bounds it.
 */
export async function summarizeUsage(
  db: Kysely<Schema>,
  groupings: readonly UsageGrouping[],
  filter: InterceptionFilter,
  groupsMax: number,
): Promise<UsageSummary[]> {
  const names = groupings.map((grouping) => `(${groupExpressions[grouping]}) collate "C"`);
  const rows = await db
    .selectFrom("interceptions")
    .select([
      sql<string[]>`array[${sql.raw(names.join(", "))}]::text[]`.as("names"),
      sql<bigint>`count(*)`.as("interceptions"),
      sql<bigint>`coalesce(sum(input_tokens), 0)::bigint`.as("inputTokens"),
      sql<bigint>`coalesce(sum(output_tokens), 0)::bigint`.as("outputTokens"),
      sql<bigint>`coalesce(sum(cache_read_tokens), 0)::bigint`.as("cacheReadTokens"),
      sql<bigint>`coalesce(sum(cache_write_tokens), 0)::bigint`.as("cacheWriteTokens"),
    ])
    .where(matching(filter))
    .$if(names.length > 0, (query) => query.groupBy(names.map((name) => sql.raw(name))))
    .$if(names.length > 0, (query) => query.orderBy(sql.raw(names.join(", "))))
    .limit(groupsMax)
    .execute();
  return rows;
}
