import type { ServingGateway } from "@aibridge/testing/harness";
import { expect, jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { createUser } from "../world.ts";
import { audit, type Kill, noFindings } from "./audit.ts";
import { Caller, shortOf } from "./caller.ts";
import type { Load } from "./load.ts";
import { plansFrom, unbroken } from "./plan.ts";
import { Provider } from "./provider.ts";
import { readiness, untilReadiness } from "./readiness.ts";
import { readRecord } from "./record.ts";
import { type Scene, settle, startScene } from "./scene.ts";
import { seed } from "./seed.ts";

jest.setTimeout(180_000);

/** Requests at any time; the kernel draws a worker for each. */
const clients = 64;
/** Of the key that dies; they come beside the others. */
const dyingClients = 4;
const boundMs = 1_000;

/** Two workers under load, and what is to be found when it is over. */
interface Stage extends Scene {
  readonly provider: Provider;
  readonly kept: Caller;
  readonly load: Load;
  /** With another key. */
  caller(apiKey: string): Caller;
}

/** @param refusals what a good key may be refused with on the way. */
async function withWorkers(
  refusals: readonly string[],
  play: (stage: Stage) => Promise<readonly Kill[]>,
): Promise<void> {
  await using scene = await startScene(undefined, { AIBRIDGE_WORKERS: "2" });
  const { coderd, gateway, upstream } = scene;
  const provider = new Provider(upstream);
  const draw = plansFrom(seed);
  const nextPlan = () => unbroken(draw());
  const callers: Caller[] = [];
  const caller = (apiKey: string) => {
    const made = new Caller({ gatewayUrl: gateway.gatewayUrl, apiKey, nextPlan, provider });
    callers.push(made);
    return made;
  };
  const kept = caller(coderd.apiKey);
  let kills: readonly Kill[];
  try {
    kills = await play({ ...scene, provider, kept, load: kept.askOn(clients), caller });
  } finally {
    provider.release();
    await Promise.all(callers.map((one) => one.stop()));
  }
  const refused = kept.outcomes.filter(({ how }) => how === "refused").map(shortOf);
  expect(refused.filter((one) => !refusals.includes(one))).toEqual([]);
  await settle(gateway);
  const outcomes = callers.flatMap((one) => one.outcomes);
  const rows = await readRecord(coderd.owner);
  const { findings, tally } = audit({ outcomes, seen: provider.seen, rows, kills });
  process.stderr.write(`seed ${seed}: ${JSON.stringify(tally)}\n`);
  expect(findings).toEqual(noFindings);
  expect(tally.started).toBe(tally.seen + tally.startedButNotSeen);
  // Nothing but a death cut anything.
  expect(rows.filter(({ status }) => status === "failed" || status === "cancelled")).toEqual([]);
}

proves(
  ["workers.crash", "workers.ready", "fault.rows", "fault.ready", "fault.dead-key"],
  `a worker killed under load, in mid-stream and in between, takes only its own with it, and each request is on record once (seed ${seed})`,
  () =>
    withWorkers([], async (stage) => {
      const { coderd, gateway, load, provider } = stage;
      const kills: Kill[] = [];
      for (const [time, worker] of [1, 2, 1, 2].entries()) {
        // So that both have connections: who came while one was away has the other.
        await load.until(2 * clients, "whole");
        const isInMidStream = time < 2;
        if (isInMidStream) {
          provider.hold();
          await provider.untilOpen(clients);
        } else await load.untilHead();
        const mortal = await createUser(coderd);
        const kill = await killWorker(gateway, worker, time);
        kills.push(kill);
        await coderd.owner.apiKeys.revokeApiKey({ id: mortal.keyId });
        const deadAt = performance.now();
        const dying = stage.caller(mortal.key);
        dying.askOn(dyingClients);

        const one = await untilReadiness(gateway, ({ checks }) => checks.workers?.ready === 1);
        expect(one).toMatchObject({ status: 200, failing: [] });
        provider.release();
        const both = await untilReadiness(gateway, ({ checks }) => checks.workers?.ready === 2);
        expect(both).toMatchObject({ status: 200, failing: [] });
        await dying.stop();
        const late = dying.outcomes.filter(({ endedAt }) => endedAt > deadAt + boundMs);
        expect(late.filter(({ how, status }) => how !== "unanswered" && status !== 403)).toEqual(
          [],
        );
        if (isInMidStream) {
          const lived = load.outcomes.filter((one) => one.how === "whole" && isThrough(one, kill));
          expect(lived.length).toBeGreaterThan(0);
        }
      }
      return kills;
    }),
);

proves(
  ["workers.keeper-killed", "fault.rows", "fault.ready"],
  `a keeper killed under load takes its workers with it, and the next one's record has each request once (seed ${seed})`,
  () =>
    // A worker that lives a moment longer can record nothing.
    withWorkers(["refused 503"], async ({ gateway, load, provider }) => {
      const kills: Kill[] = [];
      for (const isInMidStream of [true, false, false]) {
        if (isInMidStream) {
          provider.hold();
          await provider.untilOpen(clients);
        } else await load.untilHead();
        const from = performance.now();
        gateway.process.signal("SIGKILL");
        // Its stderr is its workers' too: it is read to the end when all are gone.
        await gateway.process.exited;
        kills.push({ from, to: performance.now() });
        await expect(readiness(gateway)).rejects.toThrow("ECONNREFUSED");
        provider.release();
        await gateway.restart();
        expect(await readiness(gateway)).toMatchObject({ status: 200, failing: [] });
        await load.until(2 * clients, "whole");
      }
      return kills;
    }),
);

/** Kills the process of a worker; `before` is how often one has ended until now. */
async function killWorker(
  { process: { logs }, process: gateway }: ServingGateway,
  worker: number,
  before: number,
): Promise<Kill> {
  const isItsStart = (line: object) =>
    "worker" in line && line.worker === worker && "processId" in line;
  await gateway.logged(isItsStart);
  const processId = Number(logs.all.findLast(isItsStart)?.processId);
  const from = performance.now();
  process.kill(processId, "SIGKILL");
  await gateway.logged(
    () => logs.all.filter(({ msg }) => msg === "a worker ended").length > before,
  );
  return { from, to: performance.now() };
}

function isThrough(
  { beganAt, endedAt }: { readonly beganAt: number; readonly endedAt: number },
  { from, to }: Kill,
): boolean {
  return beganAt < from && endedAt > to;
}
