import { sql, type Transaction } from "kysely";
import type { InvalidatedIds } from "./invalidations.ts";
import type { Schema } from "./schema.ts";

/** The channel on which the database tells that a revision was committed. */
export const changeChannel = "aibridge_changes";

/** How many revisions are kept. A gateway that missed more forgets all it remembers. */
const revisionsKept = 10_000n;

/**
 * Begins the next revision of the keys, keeps what it touched, forgets what is
 * too old, and tells everybody who listens, in every process, once the
 * transaction commits. One statement, because every other change waits for it.
 *
 * The message (`keys 17`) is for people who listen too: our own listeners read
 * what is new, so that a message that is lost loses nothing.
 */
export async function advanceKeys(
  trx: Transaction<Schema>,
  { apiKeyIds = [], userIds = [], gatewayKeyIds = [] }: InvalidatedIds,
): Promise<void> {
  await sql`
    with next as (
      update revisions set value = value + 1 where name = 'keys' returning value
    ), kept as (
      insert into invalidations (revision, api_key_ids, user_ids, gateway_key_ids)
      select value, ${apiKeyIds}::text[], ${userIds}::text[], ${gatewayKeyIds}::text[] from next
    ), forgotten as (
      delete from invalidations where revision <= (select value from next) - ${revisionsKept}::bigint
    )
    select pg_notify(${changeChannel}, 'keys ' || value) from next`.execute(trx);
}

/** Begins the next revision of the providers, and tells of it in the same way. */
export async function advanceProviders(trx: Transaction<Schema>): Promise<void> {
  await sql`
    with next as (
      update revisions set value = value + 1 where name = 'providers' returning value
    )
    select pg_notify(${changeChannel}, 'providers ' || value) from next`.execute(trx);
}
