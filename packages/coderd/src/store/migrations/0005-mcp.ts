import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** MCP servers, users' logins at them, and logins that have begun. */
export const mcp: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // Ids compare by bytes, so that every server pages in the same order.
  `create table mcp_servers (
    id text collate "C" primary key,
    url text not null,
    auth text not null check (auth in ('none', 'oauth', 'coder')),
    enabled boolean not null,
    tool_allow_regex text not null,
    tool_deny_regex text not null,
    header_names text[] not null,
    oauth_client_id text not null,
    oauth_scopes text[] not null,
    secrets_key_id text,
    secrets_sealed bytea,
    create_time timestamptz not null,
    update_time timestamptz not null,
    check ((secrets_key_id is null) = (secrets_sealed is null))
  )`,
  `create unique index mcp_servers_coder_key on mcp_servers (auth) where auth = 'coder'`,
  `create table mcp_logins (
    id uuid not null unique,
    user_id uuid not null references users (id),
    server_id text collate "C" not null references mcp_servers (id) on delete cascade,
    client jsonb not null,
    scopes text[] not null,
    tokens_key_id text not null,
    tokens_sealed bytea not null,
    expire_time timestamptz,
    refresh_until timestamptz,
    create_time timestamptz not null,
    primary key (user_id, server_id)
  )`,
  "create index on mcp_logins (server_id)",
  `create table mcp_login_attempts (
    state_hash bytea primary key check (length(state_hash) = 32),
    user_id uuid not null references users (id),
    server_id text collate "C" not null references mcp_servers (id) on delete cascade,
    server_url text not null,
    redirect_uri text not null,
    client jsonb not null,
    scopes text[] not null,
    secrets_key_id text not null,
    secrets_sealed bytea not null,
    create_time timestamptz not null
  )`,
  "create index on mcp_login_attempts (user_id, create_time)",
  "create index on mcp_login_attempts (server_id)",
  "create index on mcp_login_attempts (create_time)",
];
