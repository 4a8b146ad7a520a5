import { UsageGrouping } from "@aibridge/proto/coder/aibridge/v1/session";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { calledTool, ended, started, type TestEvent, testId, used } from "./test-events.ts";
import { before, describeRecord, type RecordScene } from "./test-record.ts";

describeRecord("threads", (scene) => {
  const get = async (id: string) =>
    (await scene.interceptions().getInterception({ id })).interception;
  const listSessions = async () => (await scene.sessions().listSessions({})).sessions;

  test("a thread follows tool calls of its initiator, in one batch or over several", async () => {
    const { id: initiatorId } = scene.ada;
    const eve = await scene.coderd.createUser("member");
    const [a, b, c, other] = [40, 30, 20, 10].map((seconds) => testId(before(seconds)));
    if (!a || !b || !c || !other) throw new Error("four ids");
    await scene.record(started(a, { initiatorId }), calledTool(a, "t-a"));
    await scene.record(
      started(b, { initiatorId, correlatingToolCallId: "t-a" }),
      calledTool(b, "t-b"),
      started(c, { initiatorId, correlatingToolCallId: "t-b" }),
      started(other, { initiatorId: eve.id, correlatingToolCallId: "t-a" }),
    );
    const [session, ...more] = await listSessions();
    expect(more).toEqual([]);
    expect(session).toMatchObject({ id: a, interceptions: 3n });
    const { threads } = await scene.sessions().getSession({ id: a });
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
    expect((await scene.sessions(eve.key).listSessions({})).sessions).toMatchObject([
      { id: other },
    ]);
  });

  test("a tool call that is told late joins threads, and their sums", async () => {
    const { id: initiatorId } = scene.ada;
    const [a, b, c] = [30, 20, 10].map((seconds) => testId(before(seconds)));
    if (!a || !b || !c) throw new Error("three ids");
    await scene.record(
      started(b, { initiatorId, correlatingToolCallId: "late" }),
      calledTool(b, "t"),
    );
    await scene.record(
      started(c, { initiatorId, correlatingToolCallId: "t" }),
      used(c, [5n, 0n, 0n, 0n]),
    );
    expect(await listSessions()).toMatchObject([{ id: b, interceptions: 2n }]);
    await scene.record(
      started(a, { initiatorId }),
      used(a, [1n, 0n, 0n, 0n]),
      calledTool(a, "late"),
    );
    expect(await listSessions()).toMatchObject([
      { id: a, interceptions: 3n, usage: { inputTokens: 6n } },
    ]);
    expect(await get(c)).toMatchObject({ interception: { parentId: b, rootId: a, sessionId: a } });
  });

  // proves: record.threads-any-order
  test("threads, sessions and sums are the same in whatever order and batches events arrive", async () => {
    const order = fc.array(fc.nat(), { minLength: turns * 4, maxLength: turns * 4 });
    const cuts = fc.array(fc.nat(turns * 4), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(conversation, order, cuts, async (shape, ...shuffling) => {
        const [inOrder, shuffled] = await Promise.all([
          recordConversation(scene, shape, (events) => [events]),
          recordConversation(scene, shape, (events) => shuffle(events, ...shuffling)),
        ]);
        expect(shuffled).toEqual(inOrder);
      }),
      { numRuns: 25 },
    );
  });

  test("two processes that write a call and its answer at the same moment link them", async () => {
    const { id: initiatorId } = scene.ada;
    for (let round = 0; round < 20; round += 1) {
      const [a, b, c] = [testId(before(30)), testId(before(20)), testId(before(10))];
      await Promise.all([
        scene.record(started(c, { initiatorId, correlatingToolCallId: `b-${round}` })),
        scene.record(calledTool(b, `b-${round}`), calledTool(a, `a-${round}`)),
        scene.record(started(b, { initiatorId, correlatingToolCallId: `a-${round}` })),
        scene.record(started(a, { initiatorId })),
      ]);
      const { session, threads } = await scene.sessions().getSession({ id: a });
      expect(session?.interceptions).toBe(3n);
      expect(threads).toMatchObject([
        {
          rootId: a,
          turns: [
            { interception: { id: a, parentId: "" } },
            { interception: { id: b, parentId: a } },
            { interception: { id: c, parentId: b } },
          ],
        },
      ]);
    }
  });

  test("a call is answered within seven days, or the answer begins a thread", async () => {
    const { id: initiatorId } = scene.ada;
    const day = 86_400;
    const [a, b, c] = [testId(before(8 * day)), testId(before(2 * day)), testId(before(day / 2))];
    await scene.record(started(a, { initiatorId }), calledTool(a, "long ago"));
    await scene.record(
      started(b, { initiatorId, correlatingToolCallId: "long ago" }),
      started(c, { initiatorId, correlatingToolCallId: "long ago" }),
    );
    expect((await get(b))?.interception).toMatchObject({ parentId: a, rootId: a });
    expect((await get(c))?.interception).toMatchObject({ parentId: "", rootId: c });
  });
});

const turns = 6;

const conversation = fc.record({
  // What each turn answers: a call of some turn, or none; and what it is said to be in.
  answers: fc.array(fc.option(fc.nat(turns), { nil: undefined }), {
    minLength: turns,
    maxLength: turns,
  }),
  named: fc.array(fc.constantFrom("", "", "s"), { minLength: turns, maxLength: turns }),
  // How many ids calls have: some servers only count, and begin anew.
  callIds: fc.integer({ min: 1, max: turns }),
});

type Conversation = typeof conversation extends fc.Arbitrary<infer Shape> ? Shape : never;

/** Records a conversation of a new user in these batches, and returns what is on record then. */
async function recordConversation(
  scene: RecordScene,
  { answers, named, callIds }: Conversation,
  batchesOf: (events: TestEvent[]) => TestEvent[][],
) {
  const { id: initiatorId, key } = await scene.coderd.createUser("member");
  const ids = answers.map((_, n) => testId(before(600 - n * 10)));
  const callOf = (n: number) => `${initiatorId}-${n % callIds}`;
  const events = ids.flatMap((id, n) => [
    started(id, {
      initiatorId,
      client: `client-${n}`,
      clientSessionId: named[n] ?? "",
      correlatingToolCallId: answers[n] === undefined ? "" : callOf(answers[n]),
    }),
    calledTool(id, callOf(n)),
    used(id, [1n, BigInt(n), 0n, 0n]),
    ended(id),
  ]);
  for (const batch of batchesOf(events)) expect(await scene.record(...batch)).toEqual([]);
  return await recordOf(scene, key, ids);
}

/** The events in another order, cut into batches. */
function shuffle(events: readonly TestEvent[], order: number[], cuts: number[]): TestEvent[][] {
  const keyed = events.map((event, n) => ({ event, key: order[n] ?? 0 }));
  const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ event }) => event);
  const ends = [0, ...cuts.toSorted((a, b) => a - b), shuffled.length];
  return ends.map((end, n) => shuffled.slice(ends[n - 1] ?? 0, end)).filter(({ length }) => length);
}

/** All that is said of a user's interceptions and sessions, with numbers (or -1) for ids. */
async function recordOf(scene: RecordScene, key: string, ids: readonly string[]) {
  const numberOf = (id: string) => ids.indexOf(id);
  const { interceptions } = await scene.interceptions(key).listInterceptions({});
  const { sessions } = await scene.sessions(key).listSessions({});
  const usage = await scene.sessions(key).summarizeUsage({ groupBy: [UsageGrouping.CLIENT] });
  return {
    turns: interceptions.map(({ id, parentId, rootId, sessionId }) => ({
      id: numberOf(id),
      parent: numberOf(parentId),
      root: numberOf(rootId),
      session: numberOf(sessionId),
    })),
    sessions: sessions.map((session) => ({
      ...session,
      id: numberOf(session.id),
      userId: "",
    })),
    usage: usage.summaries.map(({ group, usage: sum }) => [group, sum]),
  };
}
