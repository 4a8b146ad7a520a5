import type { ServingGateway } from "@aibridge/testing/harness";
import { expect, jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { createUser, type NewUser } from "../world.ts";
import { audit, type Kill, noFindings } from "./audit.ts";
import { shortOf } from "./caller.ts";
import { Callers } from "./callers.ts";
import type { Outcome } from "./exchange.ts";
import type { Load } from "./load.ts";
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

/** Two workers under load, by a key that lives. */
interface Stage extends Scene {
  readonly callers: Callers;
  readonly load: Load;
}

/** @param refusals what that key may be refused with on the way. */
async function withWorkers(
  refusals: readonly string[],
  play: (stage: Stage) => Promise<readonly Kill[]>,
): Promise<void> {
  await using scene = await startScene(undefined, { AIBRIDGE_WORKERS: "2" });
  const { coderd, gateway, upstream } = scene;
  const callers = new Callers(upstream, seed);
  const kept = callers.add(gateway, coderd.apiKey);
  let kills: readonly Kill[];
  try {
    kills = await play({ ...scene, callers, load: kept.askOn(clients) });
  } finally {
    await callers.stop();
  }
  const refused = kept.outcomes.filter(({ how }) => how === "refused").map(shortOf);
  expect(refused.filter((one) => !refusals.includes(one))).toEqual([]);
  await settle(gateway);
  const rows = await readRecord(coderd.owner);
  const { outcomes, provider } = callers;
  const { findings, tally } = audit({ outcomes, seen: provider.seen, rows, kills });
  process.stderr.write(`seed ${seed}: ${JSON.stringify(tally)}\n`);
  expect(findings).toEqual(noFindings);
  expect(tally.started).toBe(tally.seen + tally.startedButNotSeen);
  // Nothing but a death cut anything.
  expect(rows.filter(({ status }) => status === "failed" || status === "cancelled")).toEqual([]);
}

/** When something is killed: while all requests are open and stand still, or as an answer begins. */
type Moment = "mid-stream" | "first-byte";

/** Until it is released, the provider holds what is open in mid-stream. */
async function untilMoment({ callers, load }: Stage, moment: Moment): Promise<void> {
  if (moment === "first-byte") return await load.untilHead();
  callers.provider.hold();
  await callers.provider.untilOpen(clients);
}

const workerDeaths: readonly (readonly [worker: number, moment: Moment])[] = [
  [1, "mid-stream"],
  [2, "mid-stream"],
  [1, "first-byte"],
  [2, "first-byte"],
];

proves(
  ["workers.crash", "workers.ready", "fault.rows", "fault.ready", "fault.dead-key"],
  `a worker killed under load, in mid-stream and in between, takes only its own with it, and each request is on record once (seed ${seed})`,
  () =>
    withWorkers([], async (stage) => {
      const kills: Kill[] = [];
      for (const [worker, moment] of workerDeaths) {
        // So that both have connections: who came while one was away has the other.
        await stage.load.until(2 * clients, "whole");
        await untilMoment(stage, moment);
        const mortal = await createUser(stage.coderd);
        const kill = await killWorker(stage.gateway, worker, kills.length);
        kills.push(kill);
        await expectOneThenBoth(stage, mortal);
        if (moment === "mid-stream") {
          const lived = stage.load.outcomes.filter((one) => isWholeThrough(one, kill));
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
    withWorkers(["refused 503"], async (stage) => {
      const { callers, gateway, load } = stage;
      const kills: Kill[] = [];
      for (const moment of ["mid-stream", "first-byte", "first-byte"] as const) {
        await untilMoment(stage, moment);
        const from = performance.now();
        gateway.process.signal("SIGKILL");
        // Its stderr is its workers' too: it is read to the end when all are gone.
        await gateway.process.exited;
        kills.push({ from, to: performance.now() });
        await expect(readiness(gateway)).rejects.toThrow("ECONNREFUSED");
        callers.provider.release();
        await gateway.restart();
        expect(await readiness(gateway)).toMatchObject({ status: 200, failing: [] });
        await load.until(2 * clients, "whole");
      }
      return kills;
    }),
);

/** Kills the process of a worker; `before` is how many have ended until now. */
async function killWorker(gateway: ServingGateway, worker: number, before: number): Promise<Kill> {
  const { process: keeper } = gateway;
  const isItsStart = (line: object) =>
    "worker" in line && line.worker === worker && "processId" in line;
  await keeper.logged(isItsStart);
  const processId = Number(keeper.logs.all.findLast(isItsStart)?.processId);
  const from = performance.now();
  process.kill(processId, "SIGKILL");
  const deaths = () => keeper.logs.all.filter(({ msg }) => msg === "a worker ended");
  await keeper.logged(() => deaths().length > before);
  return { from, to: performance.now() };
}

/** The gateway is ready with one worker and then with both, and a key that is revoked now is dead at each. */
async function expectOneThenBoth(
  { callers, coderd, gateway }: Stage,
  mortal: NewUser,
): Promise<void> {
  await coderd.owner.apiKeys.revokeApiKey({ id: mortal.keyId });
  const deadAt = performance.now();
  const dying = callers.add(gateway, mortal.key);
  dying.askOn(dyingClients);
  const one = await untilReadiness(gateway, ({ checks }) => checks.workers?.ready === 1);
  expect(one).toMatchObject({ status: 200, failing: [] });
  callers.provider.release();
  const both = await untilReadiness(gateway, ({ checks }) => checks.workers?.ready === 2);
  expect(both).toMatchObject({ status: 200, failing: [] });
  await dying.stop();
  const late = dying.outcomes.filter(({ endedAt }) => endedAt > deadAt + boundMs);
  expect(late.filter(({ how, status }) => how !== "unanswered" && status !== 403)).toEqual([]);
}

function isWholeThrough({ how, beganAt, endedAt }: Outcome, { from, to }: Kill): boolean {
  return how === "whole" && beganAt < from && endedAt > to;
}
