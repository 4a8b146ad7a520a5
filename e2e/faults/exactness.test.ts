import { setTimeout as wait } from "node:timers/promises";
import type { PostgresServer } from "@aibridge/testing/postgres";
import { describeWithServer } from "@aibridge/testing/postgres-suite";
import { expect, jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { audit, type Kill, noFindings } from "./audit.ts";
import { Load } from "./load.ts";
import { plansFrom } from "./plan.ts";
import { Provider } from "./provider.ts";
import { readOrphans, readRecord, readSum, sumOf } from "./record.ts";
import { type Scene, settle, startScene } from "./scene.ts";
import { seed } from "./seed.ts";

// A minute on an idle machine; this only bounds a run that hangs.
jest.setTimeout(540_000);

/** Requests at any time. */
const clients = 256;
/** Requests that a phase lets come to their end, in one way or another, before the next fault. */
const perPhase = 600;
const gatewayKills = 3;
const postgresAwayMs = 20_000;

const ends = ["whole", "cut", "left"] as const;

/** What all phases work with. */
interface Stage extends Scene {
  readonly postgres: PostgresServer;
  readonly provider: Provider;
  readonly load: Load;
}

describeWithServer("a record through crashes", (postgres) => {
  proves(
    [
      "record.exact-through-faults",
      "record.one-start-one-end",
      "record.no-byte-before-start",
      "record.usage-exact",
      "record.sums-exact",
      "record.killed.every-request",
      "record.killed.every-usage",
    ],
    `equals what the provider saw, with ${clients} streams, aborts and cuts, SIGKILL of gateway and coderd, and Postgres away (seed ${seed})`,
    async () => {
      await using scene = await startScene(postgres().url);
      const { upstream, coderd, gateway } = scene;
      const provider = new Provider(upstream);
      const { gatewayUrl } = gateway;
      const door = { gatewayUrl, apiKey: coderd.apiKey };
      const load = new Load({ ...door, clients, nextPlan: plansFrom(seed), provider });
      const stage = { ...scene, postgres: postgres(), provider, load };

      const kills: Kill[] = [];
      for (let time = 0; time < gatewayKills; time++) {
        await underway(stage);
        kills.push(await killGateway(stage));
      }
      await underway(stage);
      await killCoderd(stage);
      await underway(stage);
      await stopPostgres(stage);
      await underway(stage);
      await load.stop();
      await settle(gateway);

      const { outcomes } = load;
      const rows = await readRecord(coderd.owner);
      const { findings, tally } = audit({ outcomes, seen: provider.seen, rows, kills });
      process.stderr.write(`seed ${seed}: ${JSON.stringify(tally)}\n`);
      expect(findings).toEqual(noFindings);
      expect(await readSum(coderd.owner)).toEqual(sumOf(rows));
      expect(await readOrphans(postgres().url)).toEqual([]);
      const { started, ended, seen, startedButNotSeen } = tally;
      expect(started).toBe(seen + startedButNotSeen);
      expect(ended).toBe(started);
    },
  );
});

/** All clients' requests are open at once, and then a phase's worth of them comes to its end. */
async function underway({ provider, load }: Stage): Promise<void> {
  provider.hold();
  await provider.untilOpen(clients);
  provider.release();
  await load.until(perPhase, ...ends);
}

/**
 * In the middle of everything: some are answered, some wait in the spool, and
 * one has this very moment got its first byte, which says that it is durable.
 */
async function killGateway({ gateway, load }: Stage): Promise<Kill> {
  await load.untilHead();
  const from = performance.now();
  await gateway.process.kill();
  const to = performance.now();
  await gateway.restart();
  return { from, to };
}

/** With all streams open. They go on without coderd, and whoever comes is refused. */
async function killCoderd({ coderd, provider, load }: Stage): Promise<void> {
  provider.hold();
  await provider.untilOpen(clients);
  await coderd.process.kill();
  provider.release();
  await load.until(clients, "refused");
  await coderd.restart();
}

/** The same for the database, which is away for as long as a failover may take. */
async function stopPostgres({ postgres, provider }: Stage): Promise<void> {
  provider.hold();
  await provider.untilOpen(clients);
  await postgres.stop();
  provider.release();
  await wait(postgresAwayMs);
  await postgres.start();
}
