import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { openEmbeddedStore } from "./open-embedded.ts";
import { openPostgresStore } from "./open-postgres.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const newerMigration = `insert into kysely_migration (name, timestamp)
  values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')`;

const newerSchema = {
  code: "schema_newer",
  message:
    "the store was migrated by a newer coderd (unknown: 9999-from-the-future); run that version or a later one",
};

describeWithDatabase("the schema on PostgreSQL", (url) => {
  test("processes that start at once migrate once, and all serve", async () => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresStore(new Secret(url()))));
    try {
      for (const store of stores) await store.ping();
      const rows = await query("select name from kysely_migration");
      expect(rows).toEqual([
        { name: "0001-identity" },
        { name: "0002-record" },
        { name: "0003-record-summaries" },
        { name: "0004-invalidations" },
        { name: "0005-mcp" },
        { name: "0006-provider-keys" },
      ]);
    } finally {
      await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
    }
  });

  // proves: store.newer-schema
  test("of a newer version is refused", async () => {
    await query(newerMigration);
    await expect(openPostgresStore(new Secret(url()))).rejects.toMatchObject(newerSchema);
  });

  async function query(statement: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
});

describe("the embedded store in a folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "aibridge-store-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("keeps what it has from one opening to the next, beyond a crashed owner", async () => {
    const directory = join(folder, "not-yet-there", "store");
    const id = "4d4f0b8a-58e6-4a4e-bd37-1f8e6b0f8f5a";
    const user = { id, username: "ada", role: "owner", system: false } as const;
    {
      await using store = await openEmbeddedStore(directory);
      await store.users.create({ ...user, createTime: new Date(0) });
    }
    // What a process leaves that was killed: its lock, by an id that is nobody's.
    await writeFile(`${directory}.lock`, "4194305\n");
    await using store = await openEmbeddedStore(directory);
    expect(await store.users.getByUsername("ada")).toMatchObject({ id, role: "owner" });
  });

  test("is refused while another process has it, and not touched", async () => {
    const directory = join(folder, "locked");
    await writeFile(`${directory}.lock`, `${process.ppid}\n`);
    await expect(openEmbeddedStore(directory)).rejects.toMatchObject({
      code: "locked",
      message: `${directory} is in use by process ${process.ppid}`,
    });
  });

  // proves: store.newer-schema
  test("of a newer version is refused", async () => {
    const directory = join(folder, "newer");
    await (await openEmbeddedStore(directory))[Symbol.asyncDispose]();
    const database = await PGlite.create({ dataDir: directory });
    await database.exec(newerMigration);
    await database.close();
    await expect(openEmbeddedStore(directory)).rejects.toMatchObject(newerSchema);
  });
});
