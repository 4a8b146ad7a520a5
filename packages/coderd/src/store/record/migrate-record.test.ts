import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { expect, jest, test } from "@jest/globals";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { migrate } from "../migrate.ts";
import { identity } from "../migrations/0001-identity.ts";
import { record } from "../migrations/0002-record.ts";
import { openPostgresStore } from "../open-postgres.ts";
import { batchOf, userOf } from "./test-history.ts";

// A server of the suite's own takes seconds to start.
jest.setTimeout(120_000);

const day = "20300101";
const time = new Date("2030-01-01T10:30:00.000Z");
/** Ids of that time. */
const idOf = (n: number) => `01b8dd06-7c40-7000-8000-00000000000${n}`;

describeWithDatabase("a record that an earlier version kept", (url) => {
  test("is added up and can be selected by, together with what comes after", async () => {
    await writeEarlier();
    await using store = await openPostgresStore(new Secret(url()));
    await store.record.write(batchOf(time, 2));
    const { items } = await store.record.listSessions({ size: 10, model: "model-0" });
    expect(items).toMatchObject([{ clientSessionId: "s", interceptions: 2n, inputTokens: 30n }]);
    const range = {
      startTime: new Date("2030-01-01T00:00Z"),
      endTime: new Date("2030-01-02T00:00Z"),
    };
    expect(await store.record.summarizeUsage(["model"], range, 10)).toEqual([
      { names: ["model-0"], interceptions: 2n, ...tokens(30n, 0n) },
      { names: ["model-1"], interceptions: 2n, ...tokens(2n, 2n) },
    ]);
    expect((await store.record.maintain(new Date("2030-06-01"), 60)).dropped).toEqual([day]);
    expect(await store.record.summarizeUsage(["model"], range, 10)).toEqual([]);
  });

  /** Two interceptions of a session, by the schema of then, and one that has not begun. */
  async function writeEarlier(): Promise<void> {
    const pool = new pg.Pool({ connectionString: url() });
    await using db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), log: [] });
    await migrate(db, { "0001-identity": identity, "0002-record": record });
    for (const table of ["interceptions", "token_usages", "prompts", "tool_usages"]) {
      await sql
        .raw(
          `create table ${table}_${day} partition of ${table} for values
            from ('01b8dac5-b400-0000-0000-000000000000') to ('01b8dfec-1000-0000-0000-000000000000')`,
        )
        .execute(db);
    }
    const started = (n: number, input: number) =>
      sql`insert into interceptions (id, start_time, initiator_id, provider_name, model, client,
          client_session_id, correlating_tool_call_id, session_id, root_id, status, input_tokens)
        values (${idOf(n)}, ${time}, ${userOf(1)}, 'anthropic', 'model-0', 'Codex', 's', '',
          ${userOf(9)}, ${idOf(n)}, 'completed', ${input})`.execute(db);
    await started(1, 10);
    await started(2, 20);
    await sql`insert into interceptions (id, input_tokens) values (${idOf(3)}, 5)`.execute(db);
    await sql`insert into sessions values (${userOf(9)}, ${userOf(1)}, 'Codex', 's', ${time},
      ${time}, 2, 30, 0, 0, 0)`.execute(db);
  }
});

function tokens(inputTokens: bigint, outputTokens: bigint) {
  return { inputTokens, outputTokens, cacheReadTokens: 0n, cacheWriteTokens: 0n };
}
