import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Any number of credentials for a provider, where there was one at most. */
export const providerKeys: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table provider_keys (
    seq bigint generated always as identity unique,
    id uuid primary key,
    provider_id uuid not null references providers (id),
    key_id text not null,
    sealed bytea not null,
    hint text not null,
    create_time timestamptz not null
  )`,
  `create index provider_keys_of on provider_keys (provider_id, seq)`,
  `insert into provider_keys (id, provider_id, key_id, sealed, hint, create_time)
    select gen_random_uuid(), id, credential_key_id, credential_sealed, credential_hint, update_time
    from providers where credential_sealed is not null`,
  `alter table providers
    drop column credential_key_id, drop column credential_sealed, drop column credential_hint`,
];
