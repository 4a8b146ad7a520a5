import { type Kysely, sql, type Transaction } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { StoreError } from "./store-error.ts";

// An arbitrary number that no other user of the database is likely to lock.
const lockId = 7_080_709_001;
const migrationTable = "kysely_migration";

/**
 * Brings the schema to the last of the given migrations, in one transaction: all
 * or nothing. Any number of processes may do so at once; the first migrates, the
 * others wait for it and find nothing left to do. Rejects with a `StoreError` of
 * code `schema_newer` if the database holds migrations that are not given.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(lockId)})`.execute(trx);
    await refuseNewerSchema(trx, migrations);
    const migrator = new Migrator({
      db: trx,
      migrationTableName: migrationTable,
      provider: { getMigrations: async () => ({ ...migrations }) },
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  });
}

async function refuseNewerSchema<Schema>(
  trx: Transaction<Schema>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const exists = await sql<{ found: boolean }>`
    select to_regclass(${migrationTable}) is not null as found`.execute(trx);
  if (exists.rows[0]?.found !== true) return;
  const applied = await sql<{ name: string }>`
    select name from ${sql.table(migrationTable)} order by name`.execute(trx);
  const unknown = applied.rows.map(({ name }) => name).filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  throw new StoreError(
    "schema_newer",
    `the store was migrated by a newer coderd (unknown: ${unknown.join(", ")}); run that version or a later one`,
  );
}
