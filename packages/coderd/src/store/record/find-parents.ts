import { type Kysely, sql } from "kysely";
import type { Schema } from "../schema.ts";
import { firstIdAt, timeMsOfId } from "./id-time.ts";

/** An interception that may bring the result of a tool call, and where it is now. */
export interface Child {
  readonly id: string;
  readonly correlatingToolCallId: string;
  readonly initiatorId: string;
  readonly clientSessionId: string;
  readonly client: string;
  readonly parentId: string | null;
  readonly rootId: string;
}

/** Where a child belongs: under `parentId`, in the thread that its parent is in now. */
export interface Link extends Child {
  readonly parentId: string;
  readonly parentRootId: string;
}

/**
 * How long a tool call may wait for its result. It bounds how far back is looked
 * for the call of a result that has none on record.
 */
const callAgeMaxMs = 7 * 24 * 3_600_000;

/**
 * Providers make ids of calls unique. Of a server that counts them instead, so
 * many of the newest are looked at to find one of the child's own initiator.
 */
const namesakesMax = 100;

/** The columns of a `Child`. */
const childColumns = sql.raw(
  "id, correlating_tool_call_id, initiator_id, client_session_id, client, parent_id, root_id",
);

/** Those of these interceptions that began and bring the result of a tool call. */
export async function childrenOf(db: Kysely<Schema>, ids: readonly string[]): Promise<Child[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Child>`
    select ${childColumns} from interceptions
    where id = any(${ids}::uuid[]) and correlating_tool_call_id <> ''`.execute(db);
  return rows;
}

/** Tool calls, and between which interceptions they were made. */
interface Calls {
  readonly ids: readonly string[];
  readonly oldestCallerId: string;
  readonly newestCallerId: string;
}

/** The interceptions that may bring results of these tool calls. */
export async function childrenAnswering(
  db: Kysely<Schema>,
  { ids, oldestCallerId, newestCallerId }: Calls,
): Promise<Child[]> {
  if (ids.length === 0) return [];
  const untilId = firstIdAt(timeMsOfId(newestCallerId) + callAgeMaxMs + 1);
  const { rows } = await sql<Child>`
    select ${childColumns} from interceptions
    where correlating_tool_call_id = any(${ids}::text[]) and correlating_tool_call_id <> ''
      and id > ${oldestCallerId}::uuid and id < ${untilId}::uuid`.execute(db);
  return rows;
}

/**
 * The parents of those that have one, the oldest child first: the newest
 * interception that began before the child, of the same initiator, and made the
 * tool call within the last seven days.
 *
 * The outer bounds are parameters, so that PostgreSQL leaves out partitions when
 * it plans; `offset 0` keeps it from reading all of an initiator's interceptions
 * for each child instead of the caller by its id.
 */
export async function findParents(db: Kysely<Schema>, children: readonly Child[]): Promise<Link[]> {
  const sorted = children.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const [first, last] = [sorted.at(0), sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const given = sorted.map(({ id, correlatingToolCallId, initiatorId }) => ({
    id,
    call: correlatingToolCallId,
    initiator: initiatorId,
    since: sinceOf(id),
  }));
  const [from, to] = [sql`${sinceOf(first.id)}::uuid`, sql`${last.id}::uuid`];
  const { rows } = await sql<{ id: string; parentId: string; parentRootId: string }>`
    select child."id", parent.id as parent_id, parent.root_id as parent_root_id
    from json_to_recordset(${JSON.stringify(given)}::text::json)
      as child ("id" uuid, "call" text, "initiator" uuid, "since" uuid)
    cross join lateral (
      select caller.id, caller.root_id
      from (
        select interception_id from tool_usages
        where provider_tool_call_id = child."call"
          and interception_id >= child."since" and interception_id < child."id"
          and interception_id >= ${from} and interception_id < ${to}
        order by interception_id desc limit ${sql.lit(namesakesMax)}
      ) call
      cross join lateral (
        select id, root_id, initiator_id, start_time from interceptions
        where id = call.interception_id and id >= ${from} and id < ${to} offset 0
      ) caller
      where caller.start_time is not null and caller.initiator_id = child."initiator"
      order by call.interception_id desc limit 1
    ) parent`.execute(db);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return sorted.flatMap((child) => {
    const parent = byId.get(child.id);
    return parent === undefined ? [] : [{ ...child, ...parent }];
  });
}

function sinceOf(id: string): string {
  return firstIdAt(timeMsOfId(id) - callAgeMaxMs);
}
