import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { firstIdAt, timeMsOfId } from "./id-time.ts";
import type { ToolUsagesTable } from "./schema.ts";
import { sessionIdOf } from "./session-id.ts";
import { upsertSessions } from "./session-totals.ts";

/** Providers make ids of calls unique. Where one does not, this bounds the search of a batch. */
const callsMax = 10_000;
const soonMs = 24 * 3_600_000;

/** An interception that brings the result of a tool call. */
interface Child {
  readonly id: string;
  readonly correlatingToolCallId: string;
  readonly initiatorId: string;
  readonly client: string;
  readonly clientSessionId: string;
}

interface Link extends Child {
  readonly parentId: string;
  readonly parentRootId: string;
}

interface Caller {
  readonly id: string;
  readonly rootId: string;
  readonly initiatorId: string;
}

/**
 * Links interceptions that began now to the ones whose tool calls they answer:
 * of the same initiator, earlier, and the newest if there are several. They have
 * been written as roots of their own, with the session that follows from it.
 */
export async function linkToParents(
  trx: Transaction<Schema>,
  startedIds: readonly string[],
): Promise<void> {
  if (startedIds.length === 0) return;
  const links = await findLinks(trx, startedIds);
  const rootById = new Map<string, string>();
  const rows = links.map((link) => {
    // The parent may be linked by this very call; links come in the order of time.
    const rootId = rootById.get(link.parentId) ?? link.parentRootId;
    rootById.set(link.id, rootId);
    return { id: link.id, parentId: link.parentId, rootId, sessionId: sessionIdOf(link, rootId) };
  });
  if (rows.length === 0) return;
  await sql`
    update interceptions set parent_id = link."parentId", root_id = link."rootId",
      session_id = link."sessionId"
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as link ("id" uuid, "parentId" uuid, "rootId" uuid, "sessionId" uuid)
    where interceptions.id = link."id"
      and interceptions.id = any(${rows.map(({ id }) => id)}::uuid[])`.execute(trx);
}

/**
 * Links interceptions that began before the tool call they answer was on record,
 * as happens when two gateways share a conversation. Whole threads move: what
 * was a root becomes a turn, and a session that it alone made becomes part of
 * its new root's.
 */
export async function linkEarlierStarts(
  trx: Transaction<Schema>,
  toolUsages: readonly ToolUsagesTable[],
): Promise<void> {
  const callIds = toolUsages.map((usage) => usage.providerToolCallId).filter((id) => id !== "");
  if (callIds.length === 0) return;
  const orphans = await trx
    .selectFrom("interceptions")
    .select("id")
    .where(sql<boolean>`correlating_tool_call_id = any(${callIds}::text[])`)
    .where("correlatingToolCallId", "<>", "")
    .where("parentId", "is", null)
    .orderBy("id")
    .execute();
  const links = await findLinks(
    trx,
    orphans.map(({ id }) => id),
  );
  const newRoots = new Map<string, string>();
  for (const link of links) {
    // What it hangs on may have moved before it: links come in the order of time.
    const rootId = newRoots.get(link.parentRootId) ?? link.parentRootId;
    newRoots.set(link.id, rootId);
    await moveThread(trx, { ...link, parentRootId: rootId });
  }
}

async function moveThread(trx: Transaction<Schema>, link: Link): Promise<void> {
  const { id, parentId, parentRootId } = link;
  const oldSessionId = sessionIdOf(link, id);
  await sql`
    update interceptions set root_id = ${parentRootId}::uuid,
      parent_id = case when id = ${id}::uuid then ${parentId}::uuid else parent_id end,
      session_id = case when session_id = root_id then ${parentRootId}::uuid else session_id end
    where root_id = ${id}::uuid and session_id = ${oldSessionId}::uuid`.execute(trx);
  // A session that a client named stays what the client says.
  if (oldSessionId !== id) return;
  const merged = await trx.deleteFrom("sessions").where("id", "=", id).returningAll().execute();
  await upsertSessions(
    trx,
    merged.map((session) => ({ ...session, id: parentRootId })),
  );
}

/**
 * The parents of those that have one, in the order of time. The last day is
 * looked at first: an agent answers a tool call soon, and to look through all
 * partitions takes a hundred times as long. Bounds and ids are parameters, not
 * joined columns, so that PostgreSQL leaves out partitions when it plans.
 */
async function findLinks(trx: Transaction<Schema>, ids: readonly string[]): Promise<Link[]> {
  const { rows: children } = await sql<Child>`
    select id, correlating_tool_call_id, initiator_id, client, client_session_id
    from interceptions where id = any(${ids}::uuid[]) and correlating_tool_call_id <> ''
    order by id`.execute(trx);
  const [first, last] = [children.at(0), children.at(-1)];
  if (first === undefined || last === undefined) return [];
  const boundary = firstIdAt(timeMsOfId(first.id) - soonMs);
  const links = await findCalls(trx, children, boundary, last.id);
  const linked = new Set(links.map(({ id }) => id));
  const rest = children.filter(({ id }) => !linked.has(id));
  const older = await findCalls(trx, rest, firstIdAt(0), boundary);
  return [...links, ...older].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Links to calls in interceptions of the ids from `from` to `to`, `to` excluded. */
async function findCalls(
  trx: Transaction<Schema>,
  children: readonly Child[],
  from: string,
  to: string,
): Promise<Link[]> {
  if (children.length === 0) return [];
  const callIds = children.map((child) => child.correlatingToolCallId);
  // Sorted here: told to sort, PostgreSQL reads all calls in order instead of looking them up.
  const { rows } = await sql<{ providerToolCallId: string; interceptionId: string }>`
    select provider_tool_call_id, interception_id from tool_usages
    where provider_tool_call_id = any(${callIds}::text[])
      and interception_id >= ${from}::uuid and interception_id < ${to}::uuid
    limit ${sql.lit(callsMax)}`.execute(trx);
  const calls = rows.sort((a, b) => (a.interceptionId > b.interceptionId ? -1 : 1));
  const callersById = await findCallers(
    trx,
    calls.map((call) => call.interceptionId),
  );
  return children.flatMap((child) => {
    const call = calls.find(
      ({ providerToolCallId, interceptionId }) =>
        providerToolCallId === child.correlatingToolCallId &&
        interceptionId < child.id &&
        callersById.get(interceptionId)?.initiatorId === child.initiatorId,
    );
    const parent = callersById.get(call?.interceptionId ?? "");
    if (parent === undefined) return [];
    return [{ ...child, parentId: parent.id, parentRootId: parent.rootId }];
  });
}

async function findCallers(trx: Transaction<Schema>, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Caller>();
  const { rows } = await sql<Caller>`
    select id, root_id, initiator_id from interceptions
    where id = any(${ids}::uuid[]) and start_time is not null`.execute(trx);
  return new Map(rows.map((row) => [row.id, row]));
}
