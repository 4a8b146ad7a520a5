import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { sessionFacetColumns } from "./columns.ts";
import { insertRows } from "./insert-rows.ts";
import type { SessionFacetsTable } from "./schema.ts";
import type { ActiveSession } from "./session-totals.ts";

/** What a session has by its interceptions, and can be selected by. */
type FacetKind = "provider" | "model" | "status";

/** A facet as the database has it: `provider:anthropic`. */
export function facetOf(kind: FacetKind, value: string): string {
  return `${kind}:${value}`;
}

/** How many interceptions with a facet a session gains; fewer than 0 if it loses some. */
export type FacetChange = Pick<SessionFacetsTable, "sessionId" | "facet" | "interceptions">;

/**
 * Counts changes of facets, and brings all facets of the sessions that were
 * active to the time they were, by which lists are in order. The caller has
 * written those sessions in the same transaction, and so holds their locks.
 */
export async function addToFacets(
  trx: Transaction<Schema>,
  changes: readonly FacetChange[],
  sessions: ReadonlyMap<string, ActiveSession>,
): Promise<void> {
  const rows = sumChanges(changes).map((change) => ({
    ...change,
    lastActiveTime: sessions.get(change.sessionId)?.lastActiveTime ?? new Date(0),
  }));
  if (rows.length > 0) {
    await insertRows(
      "session_facets",
      sessionFacetColumns,
      rows,
      sql`on conflict (session_id, facet) do update set
        interceptions = session_facets.interceptions + excluded.interceptions,
        last_active_time = excluded.last_active_time`,
      ["sessionId", "facet"],
    ).execute(trx);
  }
  await moveToTimes(trx, sessions);
  const lost = rows.filter(({ interceptions }) => interceptions < 0n);
  if (lost.length === 0) return;
  const ids = lost.map(({ sessionId }) => sessionId);
  await sql`
    delete from session_facets where session_id = any(${ids}::uuid[]) and interceptions = 0`.execute(
    trx,
  );
}

/**
 * A session that is new has no facets but those that were just written. Of the
 * others each is looked up by itself, for which `offset 0` and the conflict see:
 * a database that has no statistics yet would read all facets instead.
 */
async function moveToTimes(
  trx: Transaction<Schema>,
  sessions: ReadonlyMap<string, ActiveSession>,
): Promise<void> {
  const known = [...sessions].filter(([, { isNew }]) => !isNew);
  if (known.length === 0) return;
  const times = known.map(([id, { lastActiveTime: time }]) => ({ id, time }));
  await sql`
    insert into session_facets (session_id, facet, interceptions, last_active_time)
    select active."id", of_it.facet, 0, active."time"
    from json_to_recordset(${JSON.stringify(times)}::text::json)
      as active ("id" uuid, "time" timestamptz)
    cross join lateral (
      select facet from session_facets where session_id = active."id"
        and last_active_time <> active."time" offset 0
    ) of_it
    order by active."id", of_it.facet
    on conflict (session_id, facet) do update set last_active_time = excluded.last_active_time`.execute(
    trx,
  );
}

/** One change for each facet of each session, and none where they cancel out. */
function sumChanges(changes: readonly FacetChange[]): FacetChange[] {
  const sums = new Map<string, FacetChange>();
  for (const change of changes) {
    const key = `${change.sessionId}/${change.facet}`;
    const before = sums.get(key)?.interceptions ?? 0n;
    sums.set(key, { ...change, interceptions: before + change.interceptions });
  }
  return [...sums.values()].filter(({ interceptions }) => interceptions !== 0n);
}
