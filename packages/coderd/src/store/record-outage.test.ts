import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { Secret } from "@aibridge/secret";
import { describeWithServer } from "@aibridge/testing/postgres-suite";
import { Code } from "@connectrpc/connect";
import { expect, jest, test } from "@jest/globals";
import pg from "pg";
import { startTestCoderd } from "../services/test-coderd.ts";
import { calledTool, ended, started, testId, used } from "../services/test-events.ts";
import { openPostgresStore } from "./open-postgres.ts";

jest.setTimeout(120_000);

describeWithServer("a record whose database fails", (server) => {
  test("is unavailable as a whole, writes nothing by half, and takes the same batch later", async () => {
    const store = await openPostgresStore(new Secret(server().url));
    await using coderd = await startTestCoderd({ store });
    const { key } = await coderd.createGatewayKey(false);
    const { id: initiatorId } = await coderd.createUser("member");
    const recorder = coderd.client(RecorderService, key);
    const id = testId(coderd.clock.now);
    const events = [
      started(id, { initiatorId, clientSessionId: "s" }),
      used(id, [1n, 2n, 3n, 4n]),
      calledTool(id, "the call"),
      ended(id),
    ];
    const unavailable = { code: Code.Unavailable, rawMessage: "store unavailable" };
    await server().stop();
    await expect(recorder.recordEvents({ events })).rejects.toMatchObject(unavailable);
    await server().start();

    // The batch fails at its last table, after the others were written.
    await query("alter table sessions add constraint broken check (user_id is null)");
    await expect(recorder.recordEvents({ events })).rejects.toMatchObject(unavailable);
    expect(await query("select id from interceptions")).toEqual([]);
    expect(await query("select id from tool_usages")).toEqual([]);
    await query("alter table sessions drop constraint broken");

    expect((await recorder.recordEvents({ events })).rejected).toEqual([]);
    const [session] = (await store.record.listSessions({ size: 10 })).items;
    expect(session).toMatchObject({ interceptions: 1n, inputTokens: 1n, cacheWriteTokens: 4n });
    expect(coderd.logLines.join("")).not.toContain("the call");
  });

  async function query(statement: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: server().url });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
});
