import type { RecordFilterSchema } from "@aibridge/proto/coder/aibridge/v1/interception";
import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { UsageGrouping } from "@aibridge/proto/coder/aibridge/v1/session";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ended, started, testId, used } from "./test-events.ts";
import { before, describeRecord } from "./test-record.ts";

describeRecord("usage", (scene) => {
  test("usage is summed by groups, in the order of their names", async () => {
    const { id: initiatorId } = scene.ada;
    const [a, b, c] = [before(86_400), before(20), before(10)].map(testId);
    if (!a || !b || !c) throw new Error("three ids");
    await scene.record(
      ...[started(a, { initiatorId, model: "b" }), used(a, [1n, 10n, 0n, 0n])],
      ...[started(b, { initiatorId, model: "B" }), used(b, [2n, 20n, 0n, 0n])],
      ...[started(c, { initiatorId, model: "b" }), used(c, [4n, 40n, 0n, 0n])],
    );
    const sums = async (...groupBy: UsageGrouping[]) => {
      const { summaries } = await scene.sessions().summarizeUsage({ groupBy });
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
      ["2029-12-31", scene.ada.id, 1n, 10n],
      ["2030-01-01", scene.ada.id, 6n, 60n],
    ]);
    expect(await sums(UsageGrouping.PROVIDER, UsageGrouping.CLIENT)).toEqual([
      ["anthropic", "Claude Code", 7n, 70n],
    ]);
    const year = { startTime: timestampFromDate(before(367 * 86_400)) };
    await expect(scene.sessions().summarizeUsage({ filter: year })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });

  // proves: record.usage-any-range, record.sums-exact
  test("a sum over any range is that of the rows in it, though it is mostly added up before", async () => {
    const { id: initiatorId } = scene.ada;
    // Two and a half days, a start every seven minutes, each with tokens of its own.
    const starts = Array.from({ length: 500 }, (_, n) => ({
      time: before(n * 420),
      model: n % 3 === 0 ? "a" : "b",
      tokens: BigInt(n * n),
    }));
    const events = starts.flatMap(({ time, model, tokens }) => {
      const id = testId(time);
      return [started(id, { initiatorId, model }), used(id, [tokens, 1n, 0n, 0n]), ended(id)];
    });
    // Events come again, and in any order.
    const parts = [events.slice(0, 800), events.slice(700).toReversed(), events.slice(0, 300)];
    for (const part of parts) expect(await scene.record(...part)).toEqual([]);

    const seconds = fc.integer({ min: -4_000, max: 220_000 });
    const range = fc.record({ from: seconds, to: seconds, byModel: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(range, async ({ from, to, byModel }) => {
        const [startTime, endTime] = [before(Math.max(from, to)), before(Math.min(from, to))];
        const { summaries } = await scene.sessions().summarizeUsage({
          filter: {
            startTime: timestampFromDate(startTime),
            endTime: timestampFromDate(endTime),
            model: byModel ? "a" : "",
          },
        });
        const rows = starts.filter(
          ({ time, model }) => time >= startTime && time < endTime && (!byModel || model === "a"),
        );
        expect(summaries).toMatchObject([
          {
            usage: {
              interceptions: BigInt(rows.length),
              inputTokens: rows.reduce((sum, { tokens }) => sum + tokens, 0n),
              outputTokens: BigInt(rows.length),
            },
          },
        ]);
      }),
      { numRuns: 60 },
    );
  });

  test("what is used by several processes at once is added up once", async () => {
    const { id: initiatorId } = scene.ada;
    const batches = Array.from({ length: 12 }, () => {
      const ids = Array.from({ length: 10 }, () => testId(before(30)));
      return ids.flatMap((id) => [started(id, { initiatorId }), used(id, [1n, 2n, 3n, 4n])]);
    });
    await Promise.all([...batches, ...batches].map((batch) => scene.record(...batch)));
    const { summaries } = await scene.sessions().summarizeUsage({});
    expect(summaries).toMatchObject([
      { usage: { interceptions: 120n, inputTokens: 120n, cacheWriteTokens: 480n } },
    ]);
  });

  test("by session or status the rows themselves are summed", async () => {
    const { id: initiatorId } = scene.ada;
    const [a, b] = [testId(before(20)), testId(before(10))];
    await scene.record(
      ...[started(a, { initiatorId }), used(a, [1n, 0n, 0n, 0n]), ended(a)],
      ...[started(b, { initiatorId }), used(b, [2n, 0n, 0n, 0n])],
    );
    const inputOf = async (filter: MessageInitShape<typeof RecordFilterSchema>) => {
      const { summaries } = await scene.sessions().summarizeUsage({ filter });
      return summaries[0]?.usage?.inputTokens;
    };
    expect(await inputOf({ sessionId: b })).toBe(2n);
    expect(await inputOf({ status: InterceptionStatus.COMPLETED })).toBe(1n);
  });
});
