import { randomBytes } from "node:crypto";
import { ContentPrivacy, InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test } from "@jest/globals";
import { calledTool, ended, eventOf, started, testId, used } from "./test-events.ts";
import { before, describeRecord, now } from "./test-record.ts";

describeRecord("what is recorded", (scene) => {
  const get = async (id: string) =>
    (await scene.interceptions().getInterception({ id })).interception;
  const listSessions = async () => (await scene.sessions().listSessions({})).sessions;
  const sumOf = (usage: object | undefined) => ({ ...usage, $typeName: undefined });

  test("an interception is read as it was recorded", async () => {
    const { id: initiatorId } = scene.ada;
    const id = testId(before(60));
    const rejected = await scene.record(
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
    const { id: initiatorId } = scene.ada;
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
    await scene.record(...events.toReversed().slice(0, 5));
    await scene.record(...events.toReversed().slice(3));
    await scene.record(...events, ...events);
    const [session, ...more] = await listSessions();
    expect(more).toEqual([]);
    expect(session).toMatchObject({
      userId: scene.ada.id,
      clientSessionId: "s",
      interceptions: 2n,
    });
    expect(sumOf(session?.usage)).toEqual({
      interceptions: 2n,
      inputTokens: 111n,
      outputTokens: 22n,
      cacheReadTokens: 33n,
      cacheWriteTokens: 44n,
    });
    expect((await get(b))?.tokenUsages).toHaveLength(2);
    expect(await get(b)).toMatchObject({ interception: { parentId: a, rootId: a } });
    const { summaries } = await scene.sessions().summarizeUsage({});
    expect(summaries.map(({ usage }) => sumOf(usage))).toEqual([sumOf(session?.usage)]);
  });

  test("batches that arrive twice at the same moment count once", async () => {
    const { id: initiatorId } = scene.ada;
    const id = testId(before(50));
    const events = [started(id, { initiatorId }), used(id, [7n, 0n, 0n, 0n]), ended(id)];
    await Promise.all([scene.record(...events), scene.record(...events), scene.record(...events)]);
    const [session] = await listSessions();
    expect(session).toMatchObject({ id, interceptions: 1n, usage: { inputTokens: 7n } });
  });

  test("the first end stays, but a real one replaces `interrupted`", async () => {
    const { id: initiatorId } = scene.ada;
    const [a, b] = [testId(before(30)), testId(before(20))];
    const status = async (id: string) => (await get(id))?.interception?.ended?.status;
    await scene.record(started(a, { initiatorId }), started(b, { initiatorId }));
    await scene.record(ended(a, { status: InterceptionStatus.INTERRUPTED }));
    await scene.record(ended(b, { status: InterceptionStatus.INTERRUPTED }), ended(b));
    expect(await status(a)).toBe(InterceptionStatus.INTERRUPTED);
    await scene.record(ended(a, { status: InterceptionStatus.FAILED }));
    await scene.record(ended(a), ended(b, { status: InterceptionStatus.INTERRUPTED }));
    expect(await status(a)).toBe(InterceptionStatus.FAILED);
    expect(await status(b)).toBe(InterceptionStatus.COMPLETED);
  });

  test("malformed events are set aside with a reason, the rest is durable", async () => {
    const { id: initiatorId } = scene.ada;
    const id = testId(before(10));
    const future = testId(before(-3 * 86_400));
    const old = testId(before(61 * 86_400));
    const rejected = await scene.record(
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

  // proves: record.long-names
  test("names that are longer than an index takes are cut, and never keep a batch out", async () => {
    const { id: initiatorId } = scene.ada;
    const [a, b] = [testId(before(20)), testId(before(10))];
    const long = (length: number) => randomBytes(length / 2).toString("hex");
    const [name, reference] = [long(20_000), long(20_000)];
    const names = { model: name, client: name, providerName: name };
    const rejected = await scene.record(
      started(a, { initiatorId, ...names, clientSessionId: reference }),
      calledTool(a, reference),
      started(b, { initiatorId, model: "\u00e9".repeat(200), correlatingToolCallId: reference }),
      ended(a),
    );
    expect(rejected).toEqual([]);
    const begun = (await get(a))?.interception?.started;
    const cut = { model: name.slice(0, 256), client: name.slice(0, 256) };
    expect(begun).toMatchObject({ ...cut, clientSessionId: reference.slice(0, 512) });
    expect((await get(b))?.interception).toMatchObject({ parentId: a });
    expect((await get(b))?.interception?.started?.model).toBe("\u00e9".repeat(128));
  });

  // proves: record.long-texts
  test("the longest texts that gateways send are kept whole", async () => {
    const { id: initiatorId } = scene.ada;
    const id = testId(before(10));
    // Of each 1 MiB and the mark of what was cut.
    const text = "\u20ac".repeat(349_525) + "x".repeat(64);
    const full = ContentPrivacy.FULL;
    await scene.record(
      started(id, { initiatorId }),
      eventOf(id, { case: "prompt", value: { text, privacy: full } }),
      eventOf(id, { case: "modelThought", value: { text, privacy: full } }),
      calledTool(id, "call", { arguments: text }),
    );
    const { prompts = [], modelThoughts = [], toolUsages = [] } = (await get(id)) ?? {};
    expect(prompts[0]?.text === text).toBe(true);
    expect(modelThoughts[0]?.text === text).toBe(true);
    expect(toolUsages[0]?.arguments === text).toBe(true);
  });
});
