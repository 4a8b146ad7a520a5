import type { Kysely } from "kysely";
import { type Changes, readChanges } from "./invalidations.ts";
import type { Schema } from "./schema.ts";

/** Tells what changed, whichever process changed it. */
export interface ChangeStore {
  /** Everything since a revision of the keys. */
  since(revision: bigint): Promise<Changes>;
  /**
   * Calls `onChange` after every commit of a revision. A call may be lost while
   * the connection is; `since` of the listener tells what was missed.
   */
  listen: Listen;
}

/** Listens for changes. Disposing ends it. */
export interface ChangeListener extends AsyncDisposable {
  /**
   * The same as of the store, by the connection that listens: it was listening
   * when it resolves. One call at a time. Connects again if need be.
   */
  since(revision: bigint): Promise<Changes>;
}

/** See `ChangeStore`. */
export type Listen = (onChange: () => void) => Promise<ChangeListener>;

/** The changes of this database. */
export function createChangeStore(db: Kysely<Schema>, listen: Listen): ChangeStore {
  return { since: (revision) => readChanges(db, revision), listen };
}
