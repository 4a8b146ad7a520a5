import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import {
  ContentPrivacy,
  InterceptionStatus,
  RecorderService,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionService, UsageGrouping } from "@aibridge/proto/coder/aibridge/v1/session";
import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Client, Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { openEmbeddedStore } from "../store/open-embedded.ts";
import { openPostgresStore } from "../store/open-postgres.ts";
import type { Store } from "../store/store.ts";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";
import {
  calledTool,
  ended,
  eventOf,
  started,
  type TestEvent,
  testId,
  used,
} from "./test-events.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

describe("the record on the embedded database", () => {
  contract(() => openEmbeddedStore());
});

describeWithDatabase("the record on PostgreSQL", (url) => {
  contract(() => openPostgresStore(new Secret(url())));
});

const now = new Date("2030-01-01T12:00:00.000Z");
const before = (seconds: number) => new Date(now.getTime() - seconds * 1_000);

function contract(open: () => Promise<Store>): void {
  let coderd: TestCoderd;
  let recorder: Client<typeof RecorderService>;
  let auditor: string;
  /** Whose record each test makes: a member without any yet. */
  let ada: TestUser;
  let initiatorId: string;
  beforeAll(async () => {
    coderd = await startTestCoderd({ store: await open() });
    coderd.clock.now = now;
    recorder = coderd.client(RecorderService, (await coderd.createGatewayKey(false)).key);
    auditor = (await coderd.createUser("auditor")).key;
  });
  beforeEach(async () => {
    ada = await coderd.createUser("member");
    initiatorId = ada.id;
  });
  afterAll(async () => {
    coderd.expectNoSecretLogged();
    expect(coderd.logLines.join("")).not.toMatch(/the prompt|the arguments|the thought/);
    await coderd[Symbol.asyncDispose]();
  });

  const record = async (...events: TestEvent[]) =>
    (await recorder.recordEvents({ events })).rejected;
  const interceptions = (key = ada.key) => coderd.client(InterceptionService, key);
  const sessions = (key = ada.key) => coderd.client(SessionService, key);
  const get = async (id: string) => (await interceptions().getInterception({ id })).interception;
  const listSessions = async () => (await sessions().listSessions({})).sessions;
  const sumOf = (usage: object | undefined) => ({ ...usage, $typeName: undefined });

  test("an interception is read as it was recorded", async () => {
    const id = testId(before(60));
    const rejected = await record(
      started(id, { initiatorId, clientSessionId: "s1", metadata: { team: "red" } }),
      eventOf(id, {
        case: "prompt",
        value: { providerResponseId: "m1", text: "the prompt\0", privacy: ContentPrivacy.FULL },
      }),
      eventOf(id, {
        case: "modelThought",
        value: { kind: "thinking", text: "the thought", privacy: ContentPrivacy.FULL },
      }),
      calledTool(id, "call-1", {
        arguments: "the arguments",
        injected: true,
        serverUrl: "http://a",
      }),
      used(id, [1n, 2n, 3n, 4n], {
        model: "claude-a-1",
        extraTokens: { "server_tool_use.web_search_requests": 5n },
        rawUsage: '{"input_tokens": 1}',
        serviceTier: "standard",
        partial: true,
      }),
      ended(id, {
        status: InterceptionStatus.CANCELLED,
        errorMessage: "é".repeat(2_000),
        upstreamRequestId: "req-1",
        timeToFirstByteUs: 12_345n,
        gatewayOverheadUs: 67n,
      }),
    );
    expect(rejected).toEqual([]);
    const detail = await get(id);
    expect(detail).toMatchObject({
      interception: {
        id,
        parentId: "",
        rootId: id,
        started: {
          initiatorId,
          apiKeyId: "AAAAAAAAAA",
          providerType: 1,
          providerName: "anthropic",
          model: "claude-a",
          client: "Claude Code",
          clientSessionId: "s1",
          credentialKind: 1,
          credentialHint: "sk-a...wxyz",
          streaming: true,
          delegated: false,
          metadata: { team: "red" },
        },
        ended: {
          status: InterceptionStatus.CANCELLED,
          errorMessage: "é".repeat(1_024),
          upstreamStatus: 200,
          upstreamRequestId: "req-1",
          timeToFirstByteUs: 12_345n,
          gatewayOverheadUs: 67n,
        },
      },
      // U+0000 can't be stored.
      prompts: [{ providerResponseId: "m1", text: "the prompt\uFFFD", privacy: 1 }],
      modelThoughts: [{ kind: "thinking", text: "the thought", privacy: 1 }],
      toolUsages: [
        {
          providerToolCallId: "call-1",
          tool: "read",
          arguments: "the arguments",
          injected: true,
          serverUrl: "http://a",
        },
      ],
      tokenUsages: [
        {
          model: "claude-a-1",
          inputTokens: 1n,
          outputTokens: 2n,
          cacheReadTokens: 3n,
          cacheWriteTokens: 4n,
          extraTokens: { "server_tool_use.web_search_requests": 5n },
          rawUsage: '{"input_tokens": 1}',
          serviceTier: "standard",
          partial: true,
        },
      ],
    });
    const startTime = detail?.interception?.startTime;
    expect(startTime && timestampDate(startTime)).toEqual(before(60));
  });

  test("events that come again, in any order and cut, have no second effect", async () => {
    const [a, b] = [testId(before(50)), testId(before(40))];
    const events = [
      started(a, { initiatorId, clientSessionId: "s" }),
      used(a, [10n, 20n, 30n, 40n]),
      calledTool(a, "t1"),
      ended(a),
      started(b, { initiatorId, clientSessionId: "s", correlatingToolCallId: "t1" }),
      used(b, [1n, 2n, 3n, 4n]),
      used(b, [100n, 0n, 0n, 0n]),
      ended(b),
    ];
    await record(...events.toReversed().slice(0, 5));
    await record(...events.toReversed().slice(3));
    await record(...events, ...events);
    const [session, ...more] = await listSessions();
    expect(more).toEqual([]);
    expect(session).toMatchObject({ userId: ada.id, clientSessionId: "s", interceptions: 2n });
    expect(sumOf(session?.usage)).toEqual({
      interceptions: 2n,
      inputTokens: 111n,
      outputTokens: 22n,
      cacheReadTokens: 33n,
      cacheWriteTokens: 44n,
    });
    expect((await get(b))?.tokenUsages).toHaveLength(2);
    expect(await get(b)).toMatchObject({ interception: { parentId: a, rootId: a } });
    const { summaries } = await sessions().summarizeUsage({});
    expect(summaries.map(({ usage }) => sumOf(usage))).toEqual([sumOf(session?.usage)]);
  });

  test("batches that arrive twice at the same moment count once", async () => {
    const id = testId(before(50));
    const events = [started(id, { initiatorId }), used(id, [7n, 0n, 0n, 0n]), ended(id)];
    await Promise.all([record(...events), record(...events), record(...events)]);
    const [session] = await listSessions();
    expect(session).toMatchObject({ id, interceptions: 1n, usage: { inputTokens: 7n } });
  });

  test("the first end stays, but a real one replaces `interrupted`", async () => {
    const [a, b] = [testId(before(30)), testId(before(20))];
    const status = async (id: string) => (await get(id))?.interception?.ended?.status;
    await record(started(a, { initiatorId }), started(b, { initiatorId }));
    await record(ended(a, { status: InterceptionStatus.INTERRUPTED }));
    await record(ended(b, { status: InterceptionStatus.INTERRUPTED }), ended(b));
    expect(await status(a)).toBe(InterceptionStatus.INTERRUPTED);
    await record(ended(a, { status: InterceptionStatus.FAILED }));
    await record(ended(a), ended(b, { status: InterceptionStatus.INTERRUPTED }));
    expect(await status(a)).toBe(InterceptionStatus.FAILED);
    expect(await status(b)).toBe(InterceptionStatus.COMPLETED);
  });

  test("malformed events are set aside with a reason, the rest is durable", async () => {
    const id = testId(before(10));
    const future = testId(before(-3 * 86_400));
    const old = testId(before(61 * 86_400));
    const rejected = await record(
      { ...ended(id), id: "e1" },
      { ...ended(id), interceptionId: "4d4f0b8a-58e6-4a4e-bd37-1f8e6b0f8f5a" },
      { id: testId(now), interceptionId: id, event: { case: "prompt", value: {} } },
      { id: testId(now), interceptionId: id, time: timestampFromDate(now) },
      started(id, { initiatorId: "ada" }),
      used(id, [-1n, 0n, 0n, 0n]),
      ended(id, { status: InterceptionStatus.UNSPECIFIED }),
      ended(future),
      ended(old),
      started(id, { initiatorId }),
    );
    expect(rejected.map(({ reason }) => reason)).toEqual([
      "id must be a UUID",
      "interception_id must be a UUIDv7",
      "time must be set",
      "no event is set that this coderd knows",
      "started.initiator_id must be a UUID",
      "token_usage must count 0 to 1000000000000 tokens",
      "ended.status must be set",
      "interception_id is more than 2 days ahead",
      "interception_id is more than 60 days back",
    ]);
    expect(rejected[0]?.id).toBe("e1");
    expect((await get(id))?.interception?.ended).toBeUndefined();
  });

  test("a thread follows tool calls of its initiator, in one batch or over several", async () => {
    const eve = await coderd.createUser("member");
    const [a, b, c, other] = [40, 30, 20, 10].map((seconds) => testId(before(seconds)));
    if (!a || !b || !c || !other) throw new Error("four ids");
    await record(started(a, { initiatorId }), calledTool(a, "t-a"));
    await record(
      started(b, { initiatorId, correlatingToolCallId: "t-a" }),
      calledTool(b, "t-b"),
      started(c, { initiatorId, correlatingToolCallId: "t-b" }),
      started(other, { initiatorId: eve.id, correlatingToolCallId: "t-a" }),
    );
    const [session, ...more] = await listSessions();
    expect(more).toEqual([]);
    expect(session).toMatchObject({ id: a, interceptions: 3n });
    const { threads } = await sessions().getSession({ id: a });
    expect(threads).toMatchObject([
      {
        rootId: a,
        turns: [
          { interception: { id: a, parentId: "", rootId: a, sessionId: a } },
          { interception: { id: b, parentId: a, rootId: a, sessionId: a } },
          { interception: { id: c, parentId: b, rootId: a, sessionId: a } },
        ],
      },
    ]);
    expect((await sessions(eve.key).listSessions({})).sessions).toMatchObject([{ id: other }]);
  });

  test("a tool call that is told late joins threads, and their sums", async () => {
    const [a, b, c] = [30, 20, 10].map((seconds) => testId(before(seconds)));
    if (!a || !b || !c) throw new Error("three ids");
    await record(started(b, { initiatorId, correlatingToolCallId: "late" }), calledTool(b, "t"));
    await record(
      started(c, { initiatorId, correlatingToolCallId: "t" }),
      used(c, [5n, 0n, 0n, 0n]),
    );
    expect(await listSessions()).toMatchObject([{ id: b, interceptions: 2n }]);
    await record(started(a, { initiatorId }), used(a, [1n, 0n, 0n, 0n]), calledTool(a, "late"));
    expect(await listSessions()).toMatchObject([
      { id: a, interceptions: 3n, usage: { inputTokens: 6n } },
    ]);
    expect(await get(c)).toMatchObject({ interception: { parentId: b, rootId: a, sessionId: a } });
  });

  test("lists select by every field and page without gap or repetition", async () => {
    const ids = [50, 40, 30, 20, 10].map((seconds) => testId(before(seconds)));
    const fields = [
      { model: "m1" },
      { model: "m2", client: "Codex" },
      { model: "m1", providerName: "openai" },
      { model: "m1", clientSessionId: "s" },
      { model: "m2" },
    ];
    await record(...ids.map((id, n) => started(id, { initiatorId, ...fields[n] })));
    await record(ended(ids[0] ?? ""));
    const list = async (filter: object) => {
      const page = await interceptions().listInterceptions({ filter });
      return page.interceptions.map(({ id }) => ids.indexOf(id));
    };
    expect(await list({})).toEqual([4, 3, 2, 1, 0]);
    expect(await list({ userId: ada.id, model: "m1" })).toEqual([3, 2, 0]);
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
      const page = await interceptions().listInterceptions({ pageSize: 2, pageToken });
      seen.push(...page.interceptions.map(({ id }) => id));
      pageToken = page.nextPageToken;
    }
    for (let pageToken = "", n = 0; n === 0 || pageToken !== ""; n += 1) {
      const page = await sessions().listSessions({ pageSize: 2, pageToken });
      seenSessions.push(...page.sessions.map(({ id }) => id));
      pageToken = page.nextPageToken;
    }
    expect(seen).toEqual(ids.toReversed());
    expect(seenSessions).toHaveLength(5);
    expect(new Set(seenSessions).size).toBe(5);
    expect(seenSessions.slice(2)).toEqual([ids[2], ids[1], ids[0]]);
    const since = { activeSince: timestampFromDate(before(20)) };
    expect((await sessions().listSessions(since)).sessions).toHaveLength(2);
    expect((await sessions().listSessions({ client: "Codex" })).sessions).toHaveLength(1);
  });

  test("usage is summed by groups, in the order of their names", async () => {
    const [a, b, c] = [before(86_400), before(20), before(10)].map(testId);
    if (!a || !b || !c) throw new Error("three ids");
    await record(
      ...[started(a, { initiatorId, model: "b" }), used(a, [1n, 10n, 0n, 0n])],
      ...[started(b, { initiatorId, model: "B" }), used(b, [2n, 20n, 0n, 0n])],
      ...[started(c, { initiatorId, model: "b" }), used(c, [4n, 40n, 0n, 0n])],
    );
    const sums = async (...groupBy: UsageGrouping[]) => {
      const { summaries } = await sessions().summarizeUsage({ groupBy });
      return summaries.map(({ group, usage }) => [
        ...group,
        usage?.inputTokens,
        usage?.outputTokens,
      ]);
    };
    expect(await sums()).toEqual([[7n, 70n]]);
    expect(await sums(UsageGrouping.MODEL)).toEqual([
      ["B", 2n, 20n],
      ["b", 5n, 50n],
    ]);
    expect(await sums(UsageGrouping.DAY, UsageGrouping.USER)).toEqual([
      ["2029-12-31", ada.id, 1n, 10n],
      ["2030-01-01", ada.id, 6n, 60n],
    ]);
    expect(await sums(UsageGrouping.PROVIDER, UsageGrouping.CLIENT)).toEqual([
      ["anthropic", "Claude Code", 7n, 70n],
    ]);
    const year = { startTime: timestampFromDate(before(367 * 86_400)) };
    await expect(sessions().summarizeUsage({ filter: year })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });

  test("members see their own and can't tell others' from none; auditors see all", async () => {
    const eve = (await coderd.createUser("member")).key;
    const id = testId(before(10));
    const none = testId(before(10));
    await record(started(id, { initiatorId }), used(id, [1n, 1n, 1n, 1n]));
    const denied = { code: Code.PermissionDenied, rawMessage: "not of the caller's record" };
    for (const asked of [id, none]) {
      await expect(interceptions(eve).getInterception({ id: asked })).rejects.toMatchObject(denied);
      await expect(sessions(eve).getSession({ id: asked })).rejects.toMatchObject(denied);
    }
    const filter = { userId: ada.id };
    await expect(interceptions(eve).listInterceptions({ filter })).rejects.toMatchObject(denied);
    await expect(sessions(eve).listSessions(filter)).rejects.toMatchObject(denied);
    await expect(sessions(eve).summarizeUsage({ filter })).rejects.toMatchObject(denied);
    expect((await interceptions(eve).listInterceptions({})).interceptions).toEqual([]);
    expect((await sessions(eve).listSessions({})).sessions).toEqual([]);

    expect(await interceptions(auditor).getInterception({ id })).toMatchObject({
      interception: { interception: { id } },
    });
    expect((await sessions(auditor).getSession({ id })).session).toMatchObject({ id });
    expect((await sessions(auditor).listSessions(filter)).sessions).toHaveLength(1);
    const notFound = { code: Code.NotFound };
    await expect(interceptions(auditor).getInterception({ id: none })).rejects.toMatchObject(
      notFound,
    );
    await expect(sessions(auditor).getSession({ id: none })).rejects.toMatchObject(notFound);
  });

  // The last: it moves the clock.
  test("days past retention are dropped with their sessions, and 0 keeps", async () => {
    const id = testId(before(5));
    await record(started(id, { initiatorId }), used(id, [9n, 0n, 0n, 0n]), ended(id));
    const maintain = (days: number, retentionDays: number) =>
      coderd.store.record.maintain(new Date(now.getTime() + days * 86_400_000), retentionDays);
    expect(await maintain(0, 60)).toEqual({ dropped: [], sessionsDeleted: 0 });
    expect(await maintain(1_000, 0)).toEqual({ dropped: [], sessionsDeleted: 0 });
    // The day ends 60 days after 12 hours from now.
    expect((await maintain(60.4, 60)).dropped).not.toContain("20300101");
    expect(await get(id)).toMatchObject({ interception: { id } });
    expect((await maintain(60.6, 60)).dropped).toContain("20300101");
    await expect(get(id)).rejects.toMatchObject({ code: Code.PermissionDenied });
    expect(await listSessions()).toEqual([]);
  });
}
