import { type Kysely, type Selectable, sql } from "kysely";
import { type Page, type PageRequest, pageFrom } from "../page.ts";
import type { Schema } from "../schema.ts";
import { firstIdAt } from "./id-time.ts";
import {
  type InterceptionDetail,
  type InterceptionRow,
  idSlackMs,
  withDetails,
} from "./read-interceptions.ts";
import type { RecordSchema } from "./schema.ts";
import { type SessionFilter, selectSessions } from "./select-sessions.ts";

export type SessionRow = Selectable<RecordSchema["sessions"]>;

/** A session with its newest interceptions, the oldest of them first. */
export interface SessionDetail {
  readonly session: SessionRow;
  readonly turns: readonly InterceptionDetail[];
}

const turnsMax = 1_000;

/**
 * How many sessions are looked at to fill a page, if several conditions select.
 * A page may so be short, or empty, and still have a next one.
 */
const lookedAtMax = 10_000;

/** The one that was active last first. A cursor is `<milliseconds since 1970>.<id>`. */
export async function listSessions(
  db: Kysely<Schema>,
  { size, after, ...filter }: PageRequest<string> & SessionFilter,
): Promise<Page<SessionRow, string>> {
  const { candidates, conditions } = selectSessions(filter, after);
  // Row by row, as `offset 0` and the scalar conditions have it: a page shall cost what it looks
  // at, where a join by hash would read all sessions that there are.
  const { rows } = await sql<SessionRow>`
    select sessions.* from (${candidates} limit ${sql.lit(lookedAtMax)}) looked_at
    cross join lateral (select * from sessions where id = looked_at.id offset 0) sessions
    ${conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`}
    order by looked_at.last_active_time desc, looked_at.id desc limit ${size + 1}`.execute(db);
  const page = pageFrom(rows, size, cursorOf);
  if (page.next !== undefined || conditions.length === 0) return page;
  const { rows: last } = await sql<Pick<SessionRow, "id" | "lastActiveTime">>`
    ${candidates} limit 1 offset ${sql.lit(lookedAtMax - 1)}`.execute(db);
  return last[0] === undefined ? page : { ...page, next: cursorOf(last[0]) };
}

function cursorOf({ id, lastActiveTime }: Pick<SessionRow, "id" | "lastActiveTime">): string {
  return `${lastActiveTime.getTime()}.${id}`;
}

/** Whose a session is; undefined if there is none of this id. */
export async function getSessionOwner(db: Kysely<Schema>, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("sessions")
    .select("userId")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.userId;
}

/** The session with at most 1,000 interceptions, the newest. */
export async function getSession(
  db: Kysely<Schema>,
  id: string,
): Promise<SessionDetail | undefined> {
  const session = await db
    .selectFrom("sessions")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  if (session === undefined) return undefined;
  const { startTime, lastActiveTime } = session;
  const newest = await db
    .selectFrom("interceptions")
    .selectAll()
    .where("sessionId", "=", id)
    // So that PostgreSQL opens the days of the session only.
    .where("id", ">=", firstIdAt(startTime.getTime() - idSlackMs))
    .where("id", "<", firstIdAt(lastActiveTime.getTime() + idSlackMs))
    .orderBy("id", "desc")
    .limit(turnsMax)
    .$castTo<InterceptionRow>()
    .execute();
  return { session, turns: await withDetails(db, newest.toReversed()) };
}
