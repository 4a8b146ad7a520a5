import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * What keeps reading the record cheap, however much of it there is: usage added
 * up by day and by hour, and what sessions can be selected by. Fills both from
 * what is on record already.
 */
export const recordSummaries: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
    for (const partition of await partitionsOf(db)) await summarizePartition(db, partition);
  },
};

// The column of the partition key is the first id that the day may hold: so the
// partitions of these tables have the bounds of all others, and go with them.
const usage = `
    first_id uuid not null,
    start_time timestamptz not null,
    user_id uuid not null,
    model text not null,
    provider_name text not null,
    client text not null,
    interceptions bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    primary key (first_id, user_id, start_time, model, provider_name, client)
  ) partition by range (first_id)`;

const statements = [
  `create table usage_hours (${usage}`,
  `create table usage_days (${usage}`,
  // What the end that is there came after, if it came after one: it is taken out of the sums then.
  "alter table interceptions add column replaced_status text",
  // Any interception may find a better parent late, not only one that has none.
  "drop index interceptions_correlating_tool_call_id_idx",
  `create index on interceptions (correlating_tool_call_id, id)
    where correlating_tool_call_id <> ''`,
  "create index on interceptions (root_id, id) where parent_id is not null",
  // How many of a session's interceptions have a provider, a model, a status:
  // "provider:anthropic". The time is the session's, which lists are in the order of.
  `create table session_facets (
    session_id uuid not null,
    facet text not null,
    interceptions bigint not null,
    last_active_time timestamptz not null,
    primary key (session_id, facet)
  )`,
  "create index on session_facets (facet, last_active_time, session_id)",
  // A list by both looks at the user's, of which there are not many.
  "drop index sessions_user_id_client_last_active_time_id_idx",
  `create index on sessions (client_session_id, last_active_time, id)
    where client_session_id <> ''`,
  `insert into session_facets
    select session_id, facet, count(*), max(last_active_time)
    from interceptions join sessions on sessions.id = session_id
    cross join lateral (values ('provider:' || provider_name), ('model:' || model),
      ('status:' || status)) of_it (facet)
    where interceptions.start_time is not null and facet is not null
    group by session_id, facet`,
];

interface Partition {
  /** `20261123`. */
  readonly day: string;
  /** `FOR VALUES FROM ('...') TO ('...')`. */
  readonly bounds: string;
}

async function partitionsOf(db: Kysely<unknown>): Promise<Partition[]> {
  const { rows } = await sql<Partition>`
    select right(child.relname, 8) as day, pg_get_expr(child.relpartbound, child.oid) as bounds
    from pg_inherits join pg_class child on child.oid = inhrelid
    where inhparent = 'interceptions'::regclass`.execute(db);
  return rows;
}

async function summarizePartition(db: Kysely<unknown>, { day, bounds }: Partition): Promise<void> {
  const firstId = /FROM \('([0-9a-f-]{36})'\)/.exec(bounds)?.[1];
  for (const unit of ["hour", "day"]) {
    const table = `usage_${unit}s`;
    await sql.raw(`create table ${table}_${day} partition of ${table} ${bounds}`).execute(db);
    await sql
      .raw(
        `insert into ${table}
          select '${firstId}'::uuid, date_trunc('${unit}', start_time, 'UTC'), initiator_id, model,
            provider_name, client, count(*), sum(input_tokens), sum(output_tokens),
            sum(cache_read_tokens), sum(cache_write_tokens)
          from interceptions_${day} where start_time is not null
          group by 1, 2, 3, 4, 5, 6`,
      )
      .execute(db);
  }
}
