import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { ended, started, testId, used } from "./test-events.ts";
import { before, describeRecord, now } from "./test-record.ts";

describeRecord("retention", (scene) => {
  const get = async (id: string) =>
    (await scene.interceptions().getInterception({ id })).interception;
  const maintain = (days: number, retentionDays: number) =>
    scene.coderd.store.record.maintain(new Date(now.getTime() + days * 86_400_000), retentionDays);

  // proves: record.retention
  test("days past retention are dropped with their sessions and sums, and 0 keeps", async () => {
    const { id: initiatorId } = scene.ada;
    const id = testId(before(5));
    await scene.record(started(id, { initiatorId }), used(id, [9n, 0n, 0n, 0n]), ended(id));
    const usage = async () => (await scene.sessions().summarizeUsage({})).summaries[0]?.usage;
    const providerName = "anthropic";
    expect(await maintain(0, 60)).toEqual({ dropped: [], sessionsDeleted: 0 });
    expect(await maintain(1_000, 0)).toEqual({ dropped: [], sessionsDeleted: 0 });
    // The day ends 60 days after 12 hours from now.
    expect((await maintain(60.4, 60)).dropped).not.toContain("20300101");
    expect(await get(id)).toMatchObject({ interception: { id } });
    expect(await usage()).toMatchObject({ interceptions: 1n, inputTokens: 9n });
    expect((await maintain(60.6, 60)).dropped).toContain("20300101");
    await expect(get(id)).rejects.toMatchObject({ code: Code.PermissionDenied });
    expect((await scene.sessions().listSessions({})).sessions).toEqual([]);
    expect((await scene.sessions(scene.auditor).listSessions({ providerName })).sessions).toEqual(
      [],
    );
    expect(await usage()).toMatchObject({ interceptions: 0n, inputTokens: 0n });
  });
});
