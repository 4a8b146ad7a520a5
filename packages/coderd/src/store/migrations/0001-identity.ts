import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Users, keys, providers, and the counters by which gateways see changes. */
export const identity: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table users (
    seq bigint generated always as identity unique,
    id uuid primary key,
    username text not null,
    role text not null check (role in ('owner', 'auditor', 'member')),
    system boolean not null,
    create_time timestamptz not null,
    suspend_time timestamptz,
    delete_time timestamptz
  )`,
  // Deleting a user frees the name.
  `create unique index users_username_key on users (username) where delete_time is null`,
  `create table api_keys (
    seq bigint generated always as identity unique,
    id text primary key,
    user_id uuid not null references users (id),
    name text not null,
    secret_hash bytea not null check (length(secret_hash) = 32),
    create_time timestamptz not null,
    expire_time timestamptz,
    revoke_time timestamptz
  )`,
  `create index api_keys_user_id_seq on api_keys (user_id, seq)`,
  `create table gateway_keys (
    seq bigint generated always as identity unique,
    id uuid primary key,
    name text not null,
    prefix text not null,
    hash bytea not null unique check (length(hash) = 32),
    can_delegate boolean not null,
    create_time timestamptz not null,
    last_seen_time timestamptz,
    revoke_time timestamptz
  )`,
  `create unique index gateway_keys_name_key on gateway_keys (name) where revoke_time is null`,
  // Names compare by bytes, so that every server pages in the same order.
  `create table providers (
    id uuid primary key,
    name text collate "C" not null,
    type text not null check (type in ('anthropic', 'openai')),
    base_url text not null,
    enabled boolean not null,
    credential_key_id text,
    credential_sealed bytea,
    credential_hint text not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    delete_time timestamptz,
    check ((credential_key_id is null) = (credential_sealed is null))
  )`,
  `create unique index providers_name_key on providers (name) where delete_time is null`,
  `create table revisions (name text primary key, value bigint not null)`,
  `insert into revisions (name, value) values ('keys', 1), ('providers', 1)`,
];
