import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { ListSessionsRequestSchema } from "@aibridge/proto/coder/aibridge/v1/session";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { ended, started, testId, used } from "./test-events.ts";
import { before, describeRecord } from "./test-record.ts";

describeRecord("reading the record", (scene) => {
  test("lists select by every field and page without gap or repetition", async () => {
    const { id: initiatorId } = scene.ada;
    const ids = [50, 40, 30, 20, 10].map((seconds) => testId(before(seconds)));
    const fields = [
      { model: "m1" },
      { model: "m2", client: "Codex" },
      { model: "m1", providerName: "openai" },
      { model: "m1", clientSessionId: "s" },
      { model: "m2" },
    ];
    await scene.record(...ids.map((id, n) => started(id, { initiatorId, ...fields[n] })));
    await scene.record(ended(ids[0] ?? ""));
    const list = async (filter: object) => {
      const page = await scene.interceptions().listInterceptions({ filter });
      return page.interceptions.map(({ id }) => ids.indexOf(id));
    };
    expect(await list({})).toEqual([4, 3, 2, 1, 0]);
    expect(await list({ userId: scene.ada.id, model: "m1" })).toEqual([3, 2, 0]);
    expect(await list({ client: "Codex" })).toEqual([1]);
    expect(await list({ providerName: "openai" })).toEqual([2]);
    expect(await list({ status: InterceptionStatus.COMPLETED })).toEqual([0]);
    expect(await list({ sessionId: ids[4] })).toEqual([4]);
    expect(
      await list({
        startTime: timestampFromDate(before(40)),
        endTime: timestampFromDate(before(20)),
      }),
    ).toEqual([2, 1]);

    const seen: string[] = [];
    const seenSessions: string[] = [];
    for (let pageToken = "", n = 0; n === 0 || pageToken !== ""; n += 1) {
      const page = await scene.interceptions().listInterceptions({ pageSize: 2, pageToken });
      seen.push(...page.interceptions.map(({ id }) => id));
      pageToken = page.nextPageToken;
    }
    for (let pageToken = "", n = 0; n === 0 || pageToken !== ""; n += 1) {
      const page = await scene.sessions().listSessions({ pageSize: 2, pageToken });
      seenSessions.push(...page.sessions.map(({ id }) => id));
      pageToken = page.nextPageToken;
    }
    expect(seen).toEqual(ids.toReversed());
    expect(seenSessions).toHaveLength(5);
    expect(new Set(seenSessions).size).toBe(5);
    expect(seenSessions.slice(2)).toEqual([ids[2], ids[1], ids[0]]);
    const since = { activeSince: timestampFromDate(before(20)) };
    expect((await scene.sessions().listSessions(since)).sessions).toHaveLength(2);
    expect((await scene.sessions().listSessions({ client: "Codex" })).sessions).toHaveLength(1);
  });

  test("members see their own and can't tell others' from none; auditors see all", async () => {
    const { id: initiatorId } = scene.ada;
    const eve = (await scene.coderd.createUser("member")).key;
    const id = testId(before(10));
    const none = testId(before(10));
    await scene.record(started(id, { initiatorId }), used(id, [1n, 1n, 1n, 1n]));
    const denied = { code: Code.PermissionDenied, rawMessage: "not of the caller's record" };
    for (const asked of [id, none]) {
      await expect(scene.interceptions(eve).getInterception({ id: asked })).rejects.toMatchObject(
        denied,
      );
      await expect(scene.sessions(eve).getSession({ id: asked })).rejects.toMatchObject(denied);
    }
    const filter = { userId: scene.ada.id };
    await expect(scene.interceptions(eve).listInterceptions({ filter })).rejects.toMatchObject(
      denied,
    );
    await expect(scene.sessions(eve).listSessions(filter)).rejects.toMatchObject(denied);
    await expect(scene.sessions(eve).summarizeUsage({ filter })).rejects.toMatchObject(denied);
    expect((await scene.interceptions(eve).listInterceptions({})).interceptions).toEqual([]);
    expect((await scene.sessions(eve).listSessions({})).sessions).toEqual([]);

    expect(await scene.interceptions(scene.auditor).getInterception({ id })).toMatchObject({
      interception: { interception: { id } },
    });
    expect((await scene.sessions(scene.auditor).getSession({ id })).session).toMatchObject({ id });
    expect((await scene.sessions(scene.auditor).listSessions(filter)).sessions).toHaveLength(1);
    const notFound = { code: Code.NotFound };
    await expect(
      scene.interceptions(scene.auditor).getInterception({ id: none }),
    ).rejects.toMatchObject(notFound);
    await expect(scene.sessions(scene.auditor).getSession({ id: none })).rejects.toMatchObject(
      notFound,
    );
  });

  // proves: record.session-filters
  test("sessions are selected by all that their interceptions have, together and page by page", async () => {
    const { id: initiatorId } = scene.ada;
    const turns = [
      { clientSessionId: "s1", model: "m1" },
      {
        clientSessionId: "s1",
        model: "m2",
        providerName: "openai",
        status: InterceptionStatus.FAILED,
      },
      { clientSessionId: "s2", model: "m1", status: InterceptionStatus.COMPLETED },
      { clientSessionId: "s3", model: "m2", client: "Codex", status: InterceptionStatus.FAILED },
    ].map((fields, n) => ({ ...fields, id: testId(before(40 - n * 10)) }));
    for (const { id, status, ...fields } of turns) {
      await scene.record(started(id, { initiatorId, ...fields }));
      if (status !== undefined) await scene.record(ended(id, { status }));
    }
    const list = async (fields: MessageInitShape<typeof ListSessionsRequestSchema>) => {
      const found: string[] = [];
      let pageToken = "";
      do {
        const page = await scene.sessions().listSessions({ ...fields, pageSize: 1, pageToken });
        found.push(...page.sessions.map(({ clientSessionId }) => clientSessionId));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return found.join(" ");
    };
    expect(await list({})).toBe("s3 s2 s1");
    expect(await list({ model: "m1" })).toBe("s2 s1");
    expect(await list({ model: "m2", userId: initiatorId })).toBe("s3 s1");
    expect(await list({ providerName: "openai" })).toBe("s1");
    expect(await list({ status: InterceptionStatus.FAILED })).toBe("s3 s1");
    // Not by the same interception: a session is selected if each holds of one.
    expect(await list({ status: InterceptionStatus.FAILED, model: "m1" })).toBe("s1");
    expect(await list({ client: "Codex", model: "m1" })).toBe("");
    expect(await list({ clientSessionId: "s2" })).toBe("s2");
    expect(await list({ clientSessionId: "s2", status: InterceptionStatus.FAILED })).toBe("");
    const [activeSince, activeUntil] = [before(20), before(10)].map(timestampFromDate);
    expect(await list({ activeSince, activeUntil })).toBe("s2");
    expect(await list({ model: "m2", activeUntil })).toBe("s1");
    await expect(list({ status: 99 as InterceptionStatus })).rejects.toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: "status: must be a status that this coderd knows",
    });
  });

  test("a session is not selected by an end that was a guess and gave way", async () => {
    const { id: initiatorId } = scene.ada;
    const [a, b] = [testId(before(30)), testId(before(20))];
    const guess = { status: InterceptionStatus.INTERRUPTED };
    // The end of `a` comes before its start, that of `b` after it.
    await scene.record(ended(a, guess), started(b, { initiatorId }), ended(b, guess));
    await scene.record(started(a, { initiatorId }));
    const { INTERRUPTED, COMPLETED } = InterceptionStatus;
    const list = async (status: InterceptionStatus) => {
      const { sessions } = await scene.sessions().listSessions({ status });
      return sessions.map(({ id }) => id);
    };
    expect(await list(INTERRUPTED)).toEqual([b, a]);
    await scene.record(ended(a), ended(b));
    expect(await list(INTERRUPTED)).toEqual([]);
    expect(await list(COMPLETED)).toEqual([b, a]);
  });
});
