import { type RawBuilder, sql } from "kysely";
import { facetOf } from "./facets.ts";

/** Selects sessions; what is undefined does not select. */
export interface SessionFilter {
  readonly userId?: string | undefined;
  readonly client?: string | undefined;
  readonly clientSessionId?: string | undefined;
  /** With an interception of this provider, of this model, or that ended so. */
  readonly providerName?: string | undefined;
  readonly model?: string | undefined;
  readonly status?: string | undefined;
  readonly activeSince?: Date | undefined;
  readonly activeUntil?: Date | undefined;
}

/** How to find the sessions of a filter. */
export interface SessionSelection {
  /** A query for ids and times by one condition, in the order of an index: the latest first. */
  readonly candidates: RawBuilder<unknown>;
  /** What else must be true of a row of `sessions`. */
  readonly conditions: readonly RawBuilder<unknown>[];
}

/**
 * Divides a filter into the condition that likely leaves the fewest sessions,
 * for which there is an index in the order of lists, and the others. `after` is
 * the cursor of the page before.
 */
export function selectSessions(filter: SessionFilter, after?: string): SessionSelection {
  const { clientSessionId, userId, model, status, providerName, client } = filter;
  const [first = anySession, ...others] = [
    ...ofColumn("client_session_id", clientSessionId),
    ...ofColumn("user_id", userId),
    ...(status === "completed" ? [] : ofFacet("status", status)),
    ...ofFacet("model", model),
    ...ofFacet("provider", providerName),
    ...ofColumn("client", client),
    // Nearly all of them.
    ...(status === "completed" ? ofFacet("status", status) : []),
  ];
  const { table, id, selected } = first;
  const where = sql.join([selected, ...timeConditions(filter, id, after)], sql` and `);
  return {
    candidates: sql`
      select ${id} as id, last_active_time from ${table} where ${where}
      order by last_active_time desc, ${id} desc`,
    conditions: others.map(({ holds }) => holds),
  };
}

interface Condition {
  readonly table: RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  /** The condition on a row of the table. */
  readonly selected: RawBuilder<unknown>;
  /** The same on a row of `sessions`. */
  readonly holds: RawBuilder<unknown>;
}

const ofSessions = { table: sql.table("sessions"), id: sql.ref("id") };
const ofFacets = { table: sql.table("session_facets"), id: sql.ref("session_id") };
const anySession: Condition = { ...ofSessions, selected: sql`true`, holds: sql`true` };

function ofColumn(
  column: "client_session_id" | "user_id" | "client",
  value: string | undefined,
): Condition[] {
  if (value === undefined) return [];
  // Only what is not empty is in the index of client_session_id.
  const selected =
    column === "client_session_id"
      ? sql`client_session_id = ${value} and client_session_id <> ''`
      : sql`${sql.ref(column)} = ${value}`;
  return [{ ...ofSessions, selected, holds: sql`sessions.${sql.ref(column)} = ${value}` }];
}

function ofFacet(kind: Parameters<typeof facetOf>[0], value: string | undefined): Condition[] {
  if (value === undefined) return [];
  const facet = facetOf(kind, value);
  const holds = sql`(
    select true from session_facets where session_id = sessions.id and facet = ${facet})`;
  return [{ ...ofFacets, selected: sql`facet = ${facet}`, holds }];
}

function timeConditions(
  { activeSince, activeUntil }: SessionFilter,
  id: RawBuilder<unknown>,
  after: string | undefined,
): RawBuilder<unknown>[] {
  const [ms, afterId] = after?.split(".") ?? [];
  return [
    ...(activeSince === undefined ? [] : [sql`last_active_time >= ${activeSince}`]),
    ...(activeUntil === undefined ? [] : [sql`last_active_time < ${activeUntil}`]),
    ...(afterId === undefined
      ? []
      : [
          sql`(last_active_time, ${id}) < (${new Date(Number(ms))}::timestamptz, ${afterId}::uuid)`,
        ]),
  ];
}
