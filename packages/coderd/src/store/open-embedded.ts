import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { type Kysely, PGliteDialect } from "kysely";
import { changeChannel } from "./advance-revision.ts";
import type { ChangeListener } from "./changes.ts";
import { lockDirectory } from "./directory-lock.ts";
import { readChanges } from "./invalidations.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import type { Schema } from "./schema.ts";
import { createDatabaseHandle, createStore, type Store } from "./store.ts";

// PostgreSQL's object id of the type bigint (catalog pg_type).
const bigintOid = 20;

/**
 * Opens the store on a PostgreSQL inside this process, in `directory`, which is
 * made if need be (that takes a few seconds), or in memory if there is none.
 * Rejects with a `StoreError`: `locked` if another process has it open,
 * `schema_newer` if a newer coderd was here.
 *
 * It is for one process on one machine. It survives that process being killed;
 * a power cut may cost the last seconds, because PGlite's file system leaves the
 * flushing of files to the operating system. Production uses PostgreSQL.
 */
export async function openEmbeddedStore(directory?: string): Promise<Store> {
  await using opened = new AsyncDisposableStack();
  if (directory !== undefined) {
    await mkdir(dirname(directory), { recursive: true });
    opened.use(await lockDirectory(directory));
  }
  const pglite = await PGlite.create({
    ...(directory !== undefined && { dataDir: directory }),
    parsers: { [bigintOid]: BigInt },
  });
  const db = opened.use(createDatabaseHandle(new PGliteDialect({ pglite })));
  await migrate(db, migrations);
  const resources = opened.move();
  const store = createStore(db, (onChange) => listen(pglite, db, onChange));
  return { ...store, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** There is one connection, so the listener reads on the same as everybody. */
async function listen(
  pglite: PGlite,
  db: Kysely<Schema>,
  onChange: () => void,
): Promise<ChangeListener> {
  const unlisten = await pglite.listen(changeChannel, onChange);
  return {
    since: (revision) => readChanges(db, revision),
    [Symbol.asyncDispose]: () => unlisten(),
  };
}
