import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Compares what is on record with what was asked. */
export interface RecordCheck extends AsyncDisposable {
  /**
   * Resolves when the record has this many more interceptions than were
   * expected before, each with a start and an end.
   *
   * @throws if it has more, or has not as many within a minute.
   */
  grewBy(interceptions: number): Promise<void>;
  /** How many were expected so far, and found. */
  readonly total: number;
  /** What is on record now. */
  byStatus(): Promise<RowsByStatus>;
}

/** Interceptions by status; `unfinished` for those without a start or an end. */
type RowsByStatus = Readonly<Record<string, number>>;

const withinMs = 60_000;
const lookEveryMs = 200;
/** By status; what has no end, or no start, has none. */
const statement = `select coalesce(case when start_time is not null then status end, 'unfinished')
  as status, count(*)::int as rows from interceptions group by 1 order by 1`;

/** Looks into coderd's own database, so that no code of the product counts for itself. */
export function createRecordCheck(databaseUrl: string): RecordCheck {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  // The database may end before the pool, at the end of everything.
  pool.on("error", () => undefined);
  let total = 0;
  return {
    get total() {
      return total;
    },
    async grewBy(interceptions) {
      total += interceptions;
      const deadline = performance.now() + withinMs;
      for (;;) {
        const found = await rowsByStatus(pool);
        if (isComplete(found, total)) return;
        if (performance.now() > deadline || sum(found) > total) {
          throw new Error(`${total} requests were asked, on record are ${JSON.stringify(found)}`);
        }
        await sleep(lookEveryMs);
      }
    },
    byStatus: () => rowsByStatus(pool),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

async function rowsByStatus(pool: pg.Pool): Promise<RowsByStatus> {
  const { rows } = await pool.query<{ status: string; rows: number }>(statement);
  return Object.fromEntries(rows.map(({ status, rows: count }) => [status, count]));
}

function isComplete(found: RowsByStatus, total: number): boolean {
  return sum(found) === total && !found.unfinished;
}

function sum(found: RowsByStatus): number {
  return Object.values(found).reduce((all, count) => all + count, 0);
}
