import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { openPostgresStore } from "../open-postgres.ts";
import { batchOf } from "./test-history.ts";
import { createPageCounter } from "./test-page-counter.ts";
import type { RecordBatch } from "./write-batch.ts";

const nothing: RecordBatch = {
  starts: [],
  ends: [],
  tokenUsages: [],
  prompts: [],
  toolUsages: [],
  modelThoughts: [],
};

/** With each interception in a session of its own. */
function lone(given: RecordBatch): RecordBatch {
  return { ...given, starts: given.starts.map((start) => ({ ...start, clientSessionId: "" })) };
}

describeWithDatabase("a batch", (url) => {
  async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** What is on record of the interception, and how often it was written: each time moves it on. */
  async function rowsOf(batch: RecordBatch) {
    const ids = [batch.starts.map(({ id }) => id)];
    const { rows } = await withClient((client) =>
      client.query(
        `select i.ctid::text as place,
          to_jsonb(i) - '{id,root_id,session_id}'::text[] as interception,
          to_jsonb(s) - 'id' as session,
          (select jsonb_agg(to_jsonb(f) - 'session_id' order by facet)
            from session_facets f where f.session_id = s.id) as facets
          from interceptions i join sessions s on s.id = i.session_id
          where i.id = any($1::uuid[])`,
        ids,
      ),
    );
    return rows;
  }

  // proves: record.one-start-one-end, record.sums-exact
  test("that holds all of an interception writes it once, and as several batches do", async () => {
    await using store = await openPostgresStore(new Secret(url()));
    const time = new Date();
    const whole = lone(batchOf(time, 1));
    await store.record.write(whole);
    const parts = lone(batchOf(time, 1));
    await store.record.write({ ...nothing, starts: parts.starts, prompts: parts.prompts });
    await store.record.write({ ...nothing, tokenUsages: parts.tokenUsages });
    await store.record.write({ ...nothing, toolUsages: parts.toolUsages, ends: parts.ends });
    // And again, in whatever order: nothing changes.
    await store.record.write(whole);
    await store.record.write(parts);

    const [first, second] = [await rowsOf(whole), await rowsOf(parts)];
    expect(first).toHaveLength(1);
    expect(first[0].place).toBe("(0,1)");
    expect(second[0].place).not.toBe("(0,2)");
    const { place: _, ...written } = first[0];
    const correlatingToolCallId = expect.any(String);
    expect(second).toEqual([
      {
        ...written,
        place: expect.any(String),
        interception: { ...written.interception, correlating_tool_call_id: correlatingToolCallId },
      },
    ]);
    expect(written).toMatchObject({
      interception: { status: "completed", input_tokens: 1, output_tokens: 1 },
      session: { interceptions: 1, input_tokens: 1, output_tokens: 1 },
      facets: [
        { facet: "model:model-1", interceptions: 1 },
        { facet: "provider:provider-1", interceptions: 1 },
        { facet: "status:completed", interceptions: 1 },
      ],
    });
  });

  // proves: record.history
  test("reads no table whole, before the database has statistics of it, too", async () => {
    await using counter = createPageCounter(url());
    const { record } = counter.store;
    await record.write(batchOf(new Date(), 1));
    await withClient(withoutStatistics);
    for (let n = 0; n < 10; n += 1) await record.write(lone(batchOf(new Date(), 1_000)));
    const { starts, ends } = lone(batchOf(new Date(), 100));
    await record.write({ ...nothing, starts });
    const tables = await counter.tablesReadWholeBy(async () => {
      await record.write({ ...nothing, ends });
      await record.write(batchOf(new Date(), 100));
    });
    expect(tables).toEqual([]);
  });
});

/** From now on the database gathers none of the tables that there are. */
function withoutStatistics(client: pg.Client): Promise<unknown> {
  return client.query(`do $$
    declare name text;
    begin
      for name in select oid::regclass from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace
      loop execute 'alter table ' || name || ' set (autovacuum_enabled = false)'; end loop;
    end $$`);
}
