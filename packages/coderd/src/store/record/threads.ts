import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import {
  type Child,
  childrenAnswering,
  childrenOf,
  findParents,
  type Link,
} from "./find-parents.ts";
import { rebuildSessions } from "./rebuild-sessions.ts";
import { sessionIdOf } from "./session-id.ts";
import type { RecordBatch } from "./write-batch.ts";

// An arbitrary number that no other user of the database is likely to lock.
const threadsLockId = 7_080_709_004;

/**
 * Links interceptions that began now to the ones whose tool calls they answer,
 * if those are on record. They have been written as roots of their own, and
 * nothing was added to sessions yet: which is why this, unlike `settleThreads`,
 * has nothing to move.
 */
export async function linkNewStarts(
  trx: Transaction<Schema>,
  startedIds: readonly string[],
): Promise<void> {
  const links = await findParents(trx, await childrenOf(trx, startedIds));
  const rootById = new Map<string, string>();
  const places = links.map((link) => {
    // The parent may be linked by this very call; links come in the order of time.
    const rootId = rootById.get(link.parentId) ?? link.parentRootId;
    rootById.set(link.id, rootId);
    return placeOf(link, link.parentId, rootId);
  });
  await writePlaces(trx, places);
}

/**
 * Puts right what the order of arrival left wrong: a child may be on record
 * before the call that it answers, or before its parent began, or two processes
 * may write both at the same moment, neither seeing the other's. So it runs after
 * a batch is written, sees what others have written too, and looks again until
 * nothing is wrong: whichever of two comes last finds both.
 *
 * To run it again is harmless. If it fails, the batch counts as not written, and
 * comes again.
 */
export async function settleThreads(db: Kysely<Schema>, batch: RecordBatch): Promise<void> {
  const suspects = await suspectsOf(db, batch);
  while ((await misplacedOf(db, suspects)).length > 0) {
    await db.transaction().execute(async (trx) => {
      // One process at a time moves threads: moving two that meet is no business of row locks.
      await sql`select pg_advisory_xact_lock(${sql.lit(threadsLockId)})`.execute(trx);
      await moveThreads(trx, await misplacedOf(trx, suspects));
    });
  }
}

/** The ids of children that a batch may have given a parent, or a better one. */
async function suspectsOf(db: Kysely<Schema>, batch: RecordBatch): Promise<string[]> {
  const startedIds = batch.starts.map(({ id }) => id);
  const callers = [...startedIds, ...batch.toolUsages.map((usage) => usage.interceptionId)].sort();
  const [oldestCallerId, newestCallerId] = [callers.at(0), callers.at(-1)];
  if (oldestCallerId === undefined || newestCallerId === undefined) return [];
  const calls = [...batch.toolUsages, ...(await toolUsagesOf(db, startedIds))];
  const ids = new Set(calls.map(({ providerToolCallId }) => providerToolCallId));
  const of = { ids: [...ids], oldestCallerId, newestCallerId };
  const children = await childrenAnswering(db, of);
  return [...new Set([...startedIds, ...children.map(({ id }) => id)])];
}

/**
 * Bounds leave out partitions, and `offset 0` has each looked up by the index:
 * on a new day the database has no statistics, and would read all of its table.
 */
async function toolUsagesOf(db: Kysely<Schema>, ids: readonly string[]) {
  const sorted = ids.toSorted();
  const [first, last] = [sorted.at(0), sorted.at(-1)];
  if (first === undefined) return [];
  const { rows } = await sql<{ providerToolCallId: string }>`
    select provider_tool_call_id from unnest(${sorted}::uuid[]) as started (id)
    cross join lateral (
      select provider_tool_call_id from tool_usages
      where interception_id = started.id
        and interception_id >= ${first}::uuid and interception_id <= ${last}::uuid offset 0
    ) call`.execute(db);
  return rows;
}

/** Links of children that are not where they belong. */
async function misplacedOf(db: Kysely<Schema>, ids: readonly string[]): Promise<Link[]> {
  const children = await childrenOf(db, ids);
  const now = new Map(children.map((child) => [child.id, child]));
  return (await findParents(db, children)).filter(({ id, parentId, parentRootId }) => {
    const child = now.get(id);
    return child?.parentId !== parentId || child.rootId !== parentRootId;
  });
}

/** Where an interception belongs. */
interface Place {
  readonly id: string;
  readonly parentId: string | null;
  readonly rootId: string;
  readonly sessionId: string;
}

function placeOf(child: Child, parentId: string | null, rootId: string): Place {
  return { id: child.id, parentId, rootId, sessionId: sessionIdOf(child, rootId) };
}

/** Links children anew, together with all that hangs on them. */
async function moveThreads(trx: Transaction<Schema>, links: readonly Link[]): Promise<void> {
  const linkById = new Map(links.map((link) => [link.id, link]));
  const turns = await turnsBelow(trx, links);
  const rootById = new Map<string, string>();
  const moved: Place[] = [];
  const sessionIds = new Set<string>();
  for (const turn of turns) {
    const link = linkById.get(turn.id);
    const parentId = link?.parentId ?? turn.parentId;
    // A parent is older than its child, so its root is known by now if it has moved.
    const rootId = rootById.get(parentId ?? "") ?? link?.parentRootId ?? turn.rootId;
    rootById.set(turn.id, rootId);
    if (rootId === turn.rootId && parentId === turn.parentId) continue;
    const place = placeOf(turn, parentId, rootId);
    moved.push(place);
    if (place.sessionId === turn.sessionId) continue;
    sessionIds.add(place.sessionId).add(turn.sessionId);
  }
  await writePlaces(trx, moved);
  await rebuildSessions(trx, [...sessionIds]);
}

/** The turns of the threads that these children are in, from the oldest child on, in order. */
async function turnsBelow(trx: Transaction<Schema>, links: readonly Link[]) {
  const ids = links.map(({ id }) => id);
  const rootIds = await sql<{ rootId: string }>`
    select root_id from interceptions where id = any(${ids}::uuid[])`.execute(trx);
  const roots = rootIds.rows.map(({ rootId }) => rootId);
  const [oldest] = ids.toSorted();
  const { rows } = await sql<Child & { sessionId: string }>`
    select id, correlating_tool_call_id, initiator_id, client_session_id, client, parent_id,
      root_id, session_id
    from interceptions
    where id = any(${ids}::uuid[])
      or (root_id = any(${roots}::uuid[]) and parent_id is not null and id >= ${oldest}::uuid)
    order by id`.execute(trx);
  return rows;
}

async function writePlaces(trx: Transaction<Schema>, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  await sql`
    update interceptions set parent_id = place."parentId", root_id = place."rootId",
      session_id = place."sessionId"
    from json_to_recordset(${JSON.stringify(places)}::text::json)
      as place ("id" uuid, "parentId" uuid, "rootId" uuid, "sessionId" uuid)
    where interceptions.id = place."id"
      and interceptions.id = any(${places.map(({ id }) => id)}::uuid[])`.execute(trx);
}
