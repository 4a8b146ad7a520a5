import { type Kysely, Transaction } from "kysely";
import { advanceKeys, advanceProviders } from "./advance-revision.ts";
import type { InvalidatedIds } from "./invalidations.ts";
import type { Schema } from "./schema.ts";

type RevisionName = Schema["revisions"]["name"];

/** What a change came to: a result, and what it touched if there was anything to change. */
export interface Outcome<T> {
  readonly result: T;
  /** Undefined: all was already as it should be. */
  readonly invalidated: InvalidatedIds | undefined;
}

/**
 * Something changed. `invalidated` names whose liveness it may have ended. It is
 * left out for what is new: nobody remembers a key that nobody could use, and
 * that a key is unknown is remembered for a second at the most.
 */
export function changed<T>(result: T, invalidated: InvalidatedIds = {}): Outcome<T> {
  return { result, invalidated };
}

/** All was already as it should be. */
export function unchanged<T>(result: T): Outcome<T> {
  return { result, invalidated: undefined };
}

/**
 * Runs a change that bears on whether keys are accepted: keys made or revoked,
 * users suspended, activated or deleted, gateway keys made or revoked. If there
 * was a change, the revision of the store grows in the same transaction, so that
 * whoever reads the new revision reads the change as well. What it touched is
 * kept under that revision, and whoever listens is told once it is committed.
 *
 * Such changes run one at a time, in every process: the row of the counter is
 * locked first. So revisions are committed in order, and a change may look at
 * other rows (is this the last owner?) without another change in between.
 */
export function changeKeys<T>(
  db: Kysely<Schema>,
  change: (trx: Transaction<Schema>) => Promise<Outcome<T>>,
): Promise<T> {
  return changeRevision(db, "keys", change);
}

/** The same for the configuration of providers, with a counter of its own. */
export function changeProviders<T>(
  db: Kysely<Schema>,
  change: (trx: Transaction<Schema>) => Promise<Outcome<T>>,
): Promise<T> {
  return changeRevision(db, "providers", change);
}

/** Makes other changes of the same kind wait for the end of this transaction. */
export async function lockRevision(trx: Transaction<Schema>, name: RevisionName): Promise<void> {
  await trx.selectFrom("revisions").select("value").where("name", "=", name).forUpdate().execute();
}

function changeRevision<T>(
  db: Kysely<Schema>,
  name: RevisionName,
  change: (trx: Transaction<Schema>) => Promise<Outcome<T>>,
): Promise<T> {
  return inTransaction(db, async (trx) => {
    await lockRevision(trx, name);
    const { invalidated, result } = await change(trx);
    if (invalidated !== undefined) {
      await (name === "keys" ? advanceKeys(trx, invalidated) : advanceProviders(trx));
    }
    return result;
  });
}

/** A change may be part of a larger transaction. */
function inTransaction<T>(
  db: Kysely<Schema>,
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  return db instanceof Transaction ? work(db) : db.transaction().execute(work);
}
