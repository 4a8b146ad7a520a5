import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * The record of interceptions. Its tables are partitioned by the day that the
 * interception's id holds: ids are UUIDv7, whose order is that of time. So one
 * id finds its partition in every table, and to forget a day is to drop its
 * partitions. store/record/partitions.ts makes and drops them; there is no
 * default partition, because with one PostgreSQL can't read the partitions in
 * order, and a list would open all of them.
 */
export const record: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const ofInterception = `
    interception_id uuid not null,
    id uuid not null,
    time timestamptz not null,
    provider_response_id text not null`;
const partitionedChild = "primary key (interception_id, id)) partition by range (interception_id)";

const statements = [
  // What a start tells is null until it came: an end or a usage may come before.
  `create table interceptions (
    id uuid primary key,
    start_time timestamptz,
    initiator_id uuid,
    api_key_id text,
    provider_type text,
    provider_name text,
    model text,
    client text,
    client_session_id text,
    user_agent text,
    correlating_tool_call_id text,
    credential_kind text,
    credential_hint text,
    source text,
    delegated boolean,
    streaming boolean,
    metadata jsonb,
    session_id uuid,
    parent_id uuid,
    root_id uuid,
    end_time timestamptz,
    status text,
    error_type text,
    error_message text,
    upstream_status integer,
    upstream_request_id text,
    time_to_first_byte_us bigint,
    gateway_overhead_us bigint,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    cache_read_tokens bigint not null default 0,
    cache_write_tokens bigint not null default 0
  ) partition by range (id)`,
  // Each list has an index that ends in its order, so that a page costs a page.
  "create index on interceptions (initiator_id, id)",
  "create index on interceptions (session_id, id)",
  "create index on interceptions (provider_name, id)",
  "create index on interceptions (model, id)",
  "create index on interceptions (client, id)",
  "create index on interceptions (status, id)",
  `create index on interceptions (correlating_tool_call_id)
    where parent_id is null and correlating_tool_call_id <> ''`,
  `create table token_usages (${ofInterception},
    model text not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    extra_tokens jsonb not null,
    raw_usage text not null,
    service_tier text not null,
    partial boolean not null,
    ${partitionedChild}`,
  `create table prompts (${ofInterception},
    text text not null,
    privacy text not null,
    ${partitionedChild}`,
  `create table tool_usages (${ofInterception},
    provider_tool_call_id text not null,
    tool text not null,
    arguments text not null,
    privacy text not null,
    injected boolean not null,
    server_url text not null,
    invocation_error text not null,
    ${partitionedChild}`,
  "create index on tool_usages (provider_tool_call_id, interception_id)",
  `create table model_thoughts (${ofInterception},
    kind text not null,
    text text not null,
    privacy text not null,
    ${partitionedChild}`,
  // Sums over all the session's life, kept as events come: lists don't add up.
  `create table sessions (
    id uuid primary key,
    user_id uuid not null,
    client text not null,
    client_session_id text not null,
    start_time timestamptz not null,
    last_active_time timestamptz not null,
    interceptions bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null
  )`,
  "create index on sessions (last_active_time, id)",
  "create index on sessions (user_id, last_active_time, id)",
  "create index on sessions (client, last_active_time, id)",
  "create index on sessions (user_id, client, last_active_time, id)",
];
