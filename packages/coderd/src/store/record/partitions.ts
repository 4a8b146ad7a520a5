import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { firstIdAt, timeMsOfId } from "./id-time.ts";

/** The partitions of the record, one for each day in UTC and table. */
export interface Partitions {
  /**
   * Makes the partitions of these interceptions' days, where they are missing.
   * Costs nothing if this process knows that they are there.
   */
  ensureFor(interceptionIds: Iterable<string>): Promise<void>;
  /** Forgets which are there, after a write failed: another process may have dropped one. */
  forgetKnown(): void;
  /**
   * Makes those of today and the coming days, and drops the days that ended
   * more than `retentionDays` ago, together with sessions that were not active
   * since; 0 keeps all. Only one process does so at a time: another one returns
   * at once, with nothing done.
   */
  maintain(now: Date, retentionDays: number): Promise<Maintained>;
}

/** Days, as `20261123`. */
interface Maintained {
  readonly dropped: readonly string[];
  readonly sessionsDeleted: number;
}

// Arbitrary numbers that no other user of the database is likely to lock.
const creationLockId = 7_080_709_002;
const maintenanceLockId = 7_080_709_003;

const dayMs = 24 * 3_600_000;
const daysAhead = 3;
const knownDaysMax = 1_000;
const sessionsPerDelete = 10_000;
/** To drop a partition stops its table for a moment; who is in the way too long is not waited for. */
const dropLockTimeout = "1s";

const tables = [
  "interceptions",
  "token_usages",
  "prompts",
  "tool_usages",
  "model_thoughts",
  "usage_hours",
  "usage_days",
];

/** The partitions in this database. */
export function createPartitions(db: Kysely<Schema>): Partitions {
  const known = new Set<string>();
  async function ensureDays(days: Iterable<string>): Promise<void> {
    const missing = [...new Set(days)].filter((day) => !known.has(day));
    if (missing.length === 0) return;
    await db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(creationLockId)})`.execute(trx);
      for (const day of missing) await createDay(trx, day);
    });
    if (known.size > knownDaysMax) known.clear();
    for (const day of missing) known.add(day);
  }
  return {
    ensureFor: (ids) => ensureDays(daysOf(ids)),
    forgetKnown: () => known.clear(),
    async maintain(now, retentionDays) {
      const coming = Array.from({ length: daysAhead + 1 }, (_, n) => now.getTime() + n * dayMs);
      await ensureDays(coming.map(dayAt));
      if (retentionDays === 0) return nothing;
      return forgetBefore(db, new Date(now.getTime() - retentionDays * dayMs));
    },
  };
}

const nothing: Maintained = { dropped: [], sessionsDeleted: 0 };

/**
 * Made apart and then attached, which lets readers and writers of other days go
 * on; `create table ... partition of` would stop them.
 */
async function createDay(trx: Transaction<Schema>, day: string): Promise<void> {
  const startMs = startOf(day);
  for (const table of tables) {
    const name = `${table}_${day}`;
    const { rows } = await sql<{ isThere: boolean }>`
      select to_regclass(${name}) is not null as is_there`.execute(trx);
    if (rows[0]?.isThere === true) continue;
    await sql
      .raw(`create table ${name} (like ${table} including defaults including constraints)`)
      .execute(trx);
    await sql
      .raw(
        `alter table ${table} attach partition ${name}
         for values from ('${firstIdAt(startMs)}') to ('${firstIdAt(startMs + dayMs)}')`,
      )
      .execute(trx);
  }
}

/**
 * Day by day, each in a transaction of its own that holds the lock: if one is in
 * use for long, those before it are gone all the same.
 */
async function forgetBefore(db: Kysely<Schema>, cutoff: Date): Promise<Maintained> {
  const dropped: string[] = [];
  for (const day of await daysEndedBy(db, cutoff)) {
    const isDropped = await withMaintenanceLock(db, (trx) => dropDay(trx, day));
    if (!isDropped) return { ...nothing, dropped };
    dropped.push(day);
  }
  let sessionsDeleted = 0;
  for (;;) {
    let count = 0;
    await withMaintenanceLock(db, async (trx) => {
      count = await deleteSessions(trx, cutoff);
    });
    sessionsDeleted += count;
    if (count < sessionsPerDelete) return { dropped, sessionsDeleted };
  }
}

async function daysEndedBy(db: Kysely<Schema>, cutoff: Date): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select child.relname as name from pg_inherits
    join pg_class parent on parent.oid = inhparent join pg_class child on child.oid = inhrelid
    where parent.oid = any(${tables}::text[]::regclass[])`.execute(db);
  const days = new Set(rows.map(({ name }) => name.slice(-8)));
  return [...days].filter((day) => startOf(day) + dayMs <= cutoff.getTime()).sort();
}

/** Returns false, with nothing done, if another process maintains. */
function withMaintenanceLock(
  db: Kysely<Schema>,
  work: (trx: Transaction<Schema>) => Promise<void>,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ isOurs: boolean }>`
      select pg_try_advisory_xact_lock(${sql.lit(maintenanceLockId)}) as is_ours`.execute(trx);
    if (rows[0]?.isOurs !== true) return false;
    await work(trx);
    return true;
  });
}

async function dropDay(trx: Transaction<Schema>, day: string): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(dropLockTimeout)}`.execute(trx);
  for (const table of tables) {
    await sql.raw(`drop table if exists ${table}_${day}`).execute(trx);
  }
}

async function deleteSessions(trx: Transaction<Schema>, cutoff: Date): Promise<number> {
  const deleted = await trx
    .deleteFrom("sessions")
    .where("id", "in", (from) =>
      from
        .selectFrom("sessions")
        .select("id")
        .where("lastActiveTime", "<", cutoff)
        .orderBy("lastActiveTime")
        .limit(sessionsPerDelete),
    )
    .returning("id")
    .execute();
  const ids = deleted.map(({ id }) => id);
  await sql`delete from session_facets where session_id = any(${ids}::uuid[])`.execute(trx);
  return ids.length;
}

/** Of a batch hardly ever more than one, so each is written out once. */
function daysOf(ids: Iterable<string>): readonly string[] {
  const days = new Set(Array.from(ids, (id) => Math.floor(timeMsOfId(id) / dayMs)));
  return Array.from(days, (day) => dayAt(day * dayMs));
}

/** `20261123`, in UTC. */
function dayAt(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10).replaceAll("-", "");
}

function startOf(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
}
