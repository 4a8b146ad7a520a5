import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { addToFacets, type FacetChange, facetOf } from "./facets.ts";
import { firstIdOfDay } from "./id-time.ts";
import type { StartColumns, TokenTotals } from "./schema.ts";
import { upsertSessions } from "./session-totals.ts";
import { addToUsage } from "./usage-rollups.ts";

/** What a batch changes in an interception. */
export interface InterceptionChange extends TokenTotals {
  readonly interceptionId: string;
  readonly lastActiveTime: Date;
  /** 1 if it began now, else 0. */
  readonly interceptions: bigint;
  /** Statuses that it has now, and those that it has no longer. */
  readonly gainedStatuses: readonly string[];
  readonly lostStatuses: readonly string[];
}

/**
 * Adds the changes to all sums: of sessions, of their facets, of usage. Of an
 * interception that has not begun nothing is known: what it used is added when
 * it begins.
 */
export async function addUp(
  trx: Transaction<Schema>,
  changes: readonly InterceptionChange[],
): Promise<void> {
  const begun = await begunOf(trx, changes);
  if (begun.length === 0) return;
  const sessions = await upsertSessions(
    trx,
    begun.map(({ sessionId, initiatorId, ...row }) => ({
      ...row,
      id: sessionId,
      userId: initiatorId,
    })),
  );
  await addToFacets(trx, begun.flatMap(facetChanges), sessions);
  await addToUsage(
    trx,
    begun.map(({ id, initiatorId, ...row }) => ({
      ...row,
      firstId: firstIdOfDay(id),
      userId: initiatorId,
    })),
  );
}

type Facts = Pick<
  StartColumns,
  "startTime" | "initiatorId" | "providerName" | "model" | "client" | "clientSessionId"
> & { readonly id: string; readonly sessionId: string };

type BegunChange = Facts & InterceptionChange;

async function begunOf(
  trx: Transaction<Schema>,
  changes: readonly InterceptionChange[],
): Promise<BegunChange[]> {
  if (changes.length === 0) return [];
  const ids = changes.map(({ interceptionId }) => interceptionId);
  // Locked, so that none moves to another session (threads.ts) while it is added to this one.
  const { rows } = await sql<Facts>`
    select id, session_id, initiator_id, provider_name, model, client, client_session_id, start_time
    from interceptions where id = any(${ids}::uuid[]) and start_time is not null
    order by id for share`.execute(trx);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return changes.flatMap((change) => {
    const facts = byId.get(change.interceptionId);
    return facts === undefined ? [] : [{ ...facts, ...change }];
  });
}

function facetChanges(change: BegunChange): FacetChange[] {
  const { sessionId, interceptions, gainedStatuses, lostStatuses } = change;
  const names = [facetOf("provider", change.providerName), facetOf("model", change.model)];
  const count = (facet: string, added: bigint) => ({ sessionId, facet, interceptions: added });
  return [
    ...names.map((facet) => count(facet, interceptions)),
    ...gainedStatuses.map((status) => count(facetOf("status", status), 1n)),
    ...lostStatuses.map((status) => count(facetOf("status", status), -1n)),
  ];
}
