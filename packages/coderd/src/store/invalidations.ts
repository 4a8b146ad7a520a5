import type { Kysely, Selectable } from "kysely";
import { prepared } from "./prepared.ts";
import type { Schema } from "./schema.ts";

/** What one revision of the keys touched. */
export type Invalidation = Readonly<Selectable<Schema["invalidations"]>>;

/** What a change touched; what is left out was not. */
export type InvalidatedIds = Partial<Omit<Invalidation, "revision">>;

/** What the store is at, and how it came there. */
export interface Changes {
  /** The revision of what bears on whether keys are accepted. */
  readonly keysRevision: bigint;
  /** The revision of the configuration of providers. */
  readonly providersRevision: bigint;
  /**
   * One for each revision of the keys after the one that was asked for, in
   * order. Undefined if that can't be told: some of them are forgotten, or the
   * store was never at that revision, because it was restored from a copy.
   */
  readonly invalidations: readonly Invalidation[] | undefined;
}

/** A revision that no store is ever at: the highest bigint. */
export const neverRevision = 9_223_372_036_854_775_807n;

/**
 * Reads what changed since a revision of the keys. One statement, so one
 * snapshot: a revision that it tells of is there with all that came before.
 */
export async function readChanges(db: Kysely<Schema>, since: bigint): Promise<Changes> {
  const rows = await selectChanges(db, since).execute();
  const [first] = rows;
  if (first === undefined) throw new Error("the store has no revisions");
  const { keysRevision, providersRevision } = first;
  const invalidations = rows.flatMap(invalidationFrom);
  const isComplete = BigInt(invalidations.length) === keysRevision - since;
  return {
    keysRevision,
    providersRevision,
    invalidations: isComplete ? invalidations : undefined,
  };
}

/** At least one row: if nothing changed, all of the invalidation is null in it. */
function selectChanges(db: Kysely<Schema>, since: bigint) {
  return db
    .selectFrom("revisions as keys")
    .innerJoin("revisions as providers", (join) => join.on("providers.name", "=", "providers"))
    .leftJoin("invalidations", (join) =>
      join
        .on("invalidations.revision", ">", since)
        .onRef("invalidations.revision", "<=", "keys.value"),
    )
    .where("keys.name", "=", "keys")
    .select([
      "keys.value as keysRevision",
      "providers.value as providersRevision",
      "invalidations.revision",
      "invalidations.apiKeyIds",
      "invalidations.userIds",
      "invalidations.gatewayKeyIds",
    ])
    .orderBy("invalidations.revision")
    .modifyFront(prepared("changes"));
}

type Row = Awaited<ReturnType<ReturnType<typeof selectChanges>["execute"]>>[number];

function invalidationFrom({ revision, apiKeyIds, userIds, gatewayKeyIds }: Row): Invalidation[] {
  if (revision === null || apiKeyIds === null || userIds === null || gatewayKeyIds === null) {
    return [];
  }
  return [{ revision, apiKeyIds, userIds, gatewayKeyIds }];
}
