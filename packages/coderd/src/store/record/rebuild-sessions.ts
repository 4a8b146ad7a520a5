import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";

/**
 * Makes sessions what their interceptions say, after some were moved from one to
 * another; a session that has none left is gone. To add up anew, where others
 * add and take away, is slower and simple, and threads seldom move.
 */
export async function rebuildSessions(
  trx: Transaction<Schema>,
  sessionIds: readonly string[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  const ids = sql`${sessionIds}::uuid[]`;
  await lockSessions(trx, sessionIds);
  await sql`
    delete from sessions where id = any(${ids}) and not exists (
      select from interceptions where session_id = sessions.id and start_time is not null)`.execute(
    trx,
  );
  await sql`
    update sessions set client = turns.client, start_time = turns.start_time,
      last_active_time = turns.last_active_time, interceptions = turns.interceptions,
      input_tokens = turns.input_tokens, output_tokens = turns.output_tokens,
      cache_read_tokens = turns.cache_read_tokens, cache_write_tokens = turns.cache_write_tokens
    from (
      select session_id, (array_agg(client order by start_time, id))[1] as client,
        min(start_time) as start_time,
        max(greatest(start_time, end_time, ${lastToldIn("token_usages")},
          ${lastToldIn("prompts")}, ${lastToldIn("tool_usages")},
          ${lastToldIn("model_thoughts")})) as last_active_time,
        count(*) as interceptions, sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens, sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_tokens) as cache_write_tokens
      from interceptions where session_id = any(${ids}) and start_time is not null
      group by session_id
    ) turns where id = turns.session_id`.execute(trx);
  await sql`delete from session_facets where session_id = any(${ids})`.execute(trx);
  await sql`
    insert into session_facets
    select session_id, facet, count(*), max(last_active_time)
    from interceptions join sessions on sessions.id = session_id
    cross join lateral (values ('provider:' || provider_name), ('model:' || model),
      ('status:' || status)) of_it (facet)
    where session_id = any(${ids}) and interceptions.start_time is not null and facet is not null
    group by session_id, facet`.execute(trx);
}

/**
 * Makes those that are missing, empty, and holds all of them: whoever adds to
 * one waits, and what they wrote before is seen by the statements that follow.
 */
async function lockSessions(
  trx: Transaction<Schema>,
  sessionIds: readonly string[],
): Promise<void> {
  const ids = sql`${sessionIds}::uuid[]`;
  await sql`
    insert into sessions
    select distinct on (session_id) session_id, initiator_id, client, client_session_id,
      start_time, start_time, 0, 0, 0, 0, 0
    from interceptions where session_id = any(${ids}) and start_time is not null
    order by session_id, start_time on conflict (id) do nothing`.execute(trx);
  await sql`select from sessions where id = any(${ids}) order by id for update`.execute(trx);
}

function lastToldIn(table: string) {
  return sql`(select max(time) from ${sql.table(table)} where interception_id = interceptions.id)`;
}
