import { type Kysely, type Selectable, sql } from "kysely";
import { type Page, type PageRequest, pageFrom } from "../page.ts";
import type { Schema } from "../schema.ts";
import {
  type InterceptionDetail,
  type InterceptionRow,
  withDetails,
} from "./read-interceptions.ts";
import type { RecordSchema } from "./schema.ts";

export type SessionRow = Selectable<RecordSchema["sessions"]>;

/** Selects sessions; what is undefined does not select. */
export interface SessionFilter {
  readonly userId?: string | undefined;
  readonly client?: string | undefined;
  readonly activeSince?: Date | undefined;
}

/** A session with its newest interceptions, the oldest of them first. */
export interface SessionDetail {
  readonly session: SessionRow;
  readonly turns: readonly InterceptionDetail[];
}

const turnsMax = 1_000;

/** The one that was active last first. A cursor is `<milliseconds since 1970>.<id>`. */
export async function listSessions(
  db: Kysely<Schema>,
  { size, after, userId, client, activeSince }: PageRequest<string> & SessionFilter,
): Promise<Page<SessionRow, string>> {
  const [afterMs, afterId] = (after ?? "").split(".");
  const afterTime = new Date(Number(afterMs));
  const rows = await db
    .selectFrom("sessions")
    .selectAll()
    .$if(userId !== undefined, (query) => query.where("userId", "=", userId ?? ""))
    .$if(client !== undefined, (query) => query.where("client", "=", client ?? ""))
    .$if(activeSince !== undefined, (query) =>
      query.where("lastActiveTime", ">=", activeSince ?? new Date()),
    )
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(last_active_time, id) < (${afterTime}::timestamptz, ${afterId}::uuid)`,
      ),
    )
    .orderBy("lastActiveTime", "desc")
    .orderBy("id", "desc")
    .limit(size + 1)
    .execute();
  return pageFrom(rows, size, ({ lastActiveTime, id }) => `${lastActiveTime.getTime()}.${id}`);
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
  const newest = await db
    .selectFrom("interceptions")
    .selectAll()
    .where("sessionId", "=", id)
    .orderBy("id", "desc")
    .limit(turnsMax)
    .$castTo<InterceptionRow>()
    .execute();
  return { session, turns: await withDetails(db, newest.toReversed()) };
}
