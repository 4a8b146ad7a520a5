import { expect, test } from "@jest/globals";
import { Client } from "pg";
import { createDatabase } from "./postgres-database.ts";
import { describeWithServer } from "./postgres-suite.ts";

describeWithServer("a PostgreSQL of the test's own", (server) => {
  test("keeps its data and its URL over stop and start", async () => {
    await using database = await createDatabase(server().url);
    await query(database.url, "create table kept (n int); insert into kept values (42)");
    await server().stop();
    await expect(query(database.url, "select 1")).rejects.toMatchObject({ code: "ENOENT" });
    await server().start();
    expect(await query(database.url, "select n from kept")).toEqual([{ n: 42 }]);
  });

  test("gives each suite an empty database and drops it", async () => {
    const database = await createDatabase(server().url);
    await query(database.url, "create table mine ()");
    await database[Symbol.asyncDispose]();
    await expect(query(database.url, "select 1")).rejects.toMatchObject({ code: "3D000" });
  });

  test("is as durable as production", async () => {
    expect(await query(server().url, "show fsync")).toEqual([{ fsync: "on" }]);
  });
});

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
