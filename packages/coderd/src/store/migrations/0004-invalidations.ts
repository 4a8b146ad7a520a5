import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * What each of the last revisions of the keys touched. Every revision has a row,
 * one that touched nothing has empty lists: so a revision without a row is one
 * that was forgotten, or is older than this table.
 */
export const invalidations: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql
      .raw(`create table invalidations (
        revision bigint primary key,
        api_key_ids text[] not null,
        user_ids text[] not null,
        gateway_key_ids text[] not null
      )`)
      .execute(db);
  },
};
