import type { ServingGateway } from "@aibridge/testing/harness";
import type { PostgresServer } from "@aibridge/testing/postgres";
import { describeWithServer } from "@aibridge/testing/postgres-suite";
import { expect, jest } from "@jest/globals";
import { unknownKey } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { proves } from "../proves.ts";
import { share } from "../share.ts";
import { createUser } from "../world.ts";
import { audit, noFindings } from "./audit.ts";
import { type Caller, shortOf } from "./caller.ts";
import { Callers } from "./callers.ts";
import type { Outcome } from "./exchange.ts";
import { freezePostgres } from "./frozen-postgres.ts";
import { type Lonely, startLonely } from "./lonely.ts";
import { readiness, readinessUntil, untilReadiness } from "./readiness.ts";
import { type Row, readRecord } from "./record.ts";
import { metric, settle } from "./scene.ts";
import { seed } from "./seed.ts";
import { listenSilently } from "./silent-server.ts";

jest.setTimeout(120_000);

/** Of each key: requests that are open when the fault comes, and clients that ask throughout it. */
const open = 8;
const clients = 4;
/** From a key's death to the end of all that runs under it (product.md, promise 3). */
const boundMs = 1_000;
/** A key that is to expire: it is made and used before the fault, and outlives its beginning. */
const lifetimeS = 8;

interface Surroundings {
  readonly lonely: Lonely;
  readonly postgres: PostgresServer;
}

interface Fault {
  readonly title: string;
  /** Returns what heals it. */
  readonly begin: (surroundings: Surroundings) => Promise<() => Promise<void>>;
  /** How a key dies meanwhile: a revocation needs a database, an expiry nobody. */
  readonly death: "revoked" | "expired";
}

const faults: readonly Fault[] = [
  {
    title: "coderd is killed",
    death: "revoked",
    async begin({ lonely: { known } }) {
      await known.process.kill();
      return () => known.restart();
    },
  },
  {
    title: "coderd is frozen",
    death: "revoked",
    async begin({ lonely: { known } }) {
      known.process.freeze();
      return async () => known.process.thaw();
    },
  },
  {
    title: "in coderd's place somebody accepts and never answers",
    death: "revoked",
    async begin({ lonely: { known } }) {
      await known.process.kill();
      const silent = await listenSilently(new URL(known.url));
      return async () => {
        await silent[Symbol.asyncDispose]();
        await known.restart();
      };
    },
  },
  {
    title: "Postgres is stopped",
    death: "expired",
    async begin({ postgres }) {
      await postgres.stop();
      return () => postgres.start();
    },
  },
  {
    title: "Postgres is frozen",
    death: "expired",
    async begin({ postgres }) {
      const thaw = await freezePostgres(postgres);
      return async () => thaw();
    },
  },
];

describeWithServer("a gateway that has nobody to ask", (postgres) => {
  const lonely = share(() => startLonely(postgres().url));

  for (const [number, fault] of faults.entries()) {
    const ownSeed = seed + number;
    proves(
      ["fault.nobody-to-ask", "fault.dead-key", "fault.ready", "fault.rows", "metrics.liveness"],
      `while ${fault.title} it refuses as an outage, a key that ${fault.death === "revoked" ? "was revoked" : "expired"} among them, and recovers by itself (seed ${ownSeed})`,
      async () => {
        lonely().upstream.clear();
        await using gateway = await lonely().startGateway();
        const stage = await startStage(lonely(), gateway, fault.death, ownSeed);
        try {
          const heal = await fault.begin({ lonely: lonely(), postgres: postgres() });
          try {
            await stage.death();
            await expectOutage(stage);
          } finally {
            stage.callers.provider.release();
            await heal();
          }
          await expectRecovery(stage);
        } finally {
          await stage.callers.stop();
        }
        for (const name of counted) expect(await metric(gateway, name)).toBeGreaterThan(0);
        await settle(gateway);
        const record = await readRecord(lonely().known.owner);
        const rows = record.filter(({ marker }) => marker.startsWith(`fault-${ownSeed}-`));
        expectKept(stage, rows);
      },
    );
  }
});

/** A gateway in the middle of streams of two keys, one of which is to die. */
interface Stage {
  readonly gateway: ServingGateway;
  readonly callers: Callers;
  readonly kept: Caller;
  readonly dying: Caller;
  readonly unknown: Caller;
  /** What was open when the fault came. */
  readonly running: readonly Promise<Outcome>[];
  /** Sees to it that the key dies, if it does not by itself. */
  death(): Promise<void>;
  /** When it was, or is to be, dead for certain, by `performance.now`. */
  diedAt(): number;
}

async function startStage(
  { upstream, known, other }: Lonely,
  gateway: ServingGateway,
  death: Fault["death"],
  ownSeed: number,
): Promise<Stage> {
  const callers = new Callers(upstream, ownSeed);
  const user = await createUser(known);
  const mortal = await createUser(known, death === "expired" ? lifetimeS : undefined);
  let diedAt = performance.now() + lifetimeS * 1_000;
  const [kept, dying, unknown] = [
    callers.add(gateway, user.key),
    callers.add(gateway, mortal.key),
    callers.add(gateway, unknownKey),
  ];
  callers.provider.hold();
  const running = [kept, dying].flatMap((caller) =>
    Array.from({ length: open }, () => caller.ask()),
  );
  await callers.provider.untilOpen(running.length);
  return {
    ...{ gateway, callers, kept, dying, unknown, running },
    async death() {
      if (death === "expired") return;
      await other.owner.apiKeys.revokeApiKey({ id: mortal.keyId });
      diedAt = performance.now();
    },
    diedAt: () => diedAt,
  };
}

/** All that was open ends, nobody gets in or is accused, and `/readyz` says so. */
async function expectOutage(stage: Stage): Promise<void> {
  const { gateway, callers, kept, dying, unknown, running, diedAt } = stage;
  kept.askOn(clients);
  dying.askOn(clients);
  for (const outcome of await Promise.all(running)) {
    expect(shortOf(outcome)).toMatch(/^(cut|refused 503)$/);
  }
  callers.provider.release();
  await readinessUntil(gateway, diedAt() + boundMs);
  expect(await readinessUntil(gateway, diedAt() + 2 * boundMs)).toEqual([unready]);
  const refused = await Promise.all([kept, dying, unknown].map((caller) => caller.ask()));
  expect(refused.map(shortOf)).toEqual(Array(3).fill("refused 503"));
  expect(await readiness(gateway)).toMatchObject(unready);
}

async function expectRecovery({ gateway, kept, dying, unknown }: Stage): Promise<void> {
  await eventually(
    () => kept.ask(),
    ({ how }) => how === "whole",
  );
  await untilReadiness(gateway, ({ status }) => status === 200);
  expect(shortOf(await dying.ask())).toBe("refused 403");
  expect(shortOf(await unknown.ask())).toBe("refused 403");
  expect(shortOf(await kept.ask())).toBe("whole");
}

/** The promises, by all that was asked, seen and recorded. */
function expectKept({ callers, kept, dying, diedAt }: Stage, rows: readonly Row[]): void {
  const { outcomes, provider } = callers;
  expect(kept.outcomes.filter(({ status }) => status === 403)).toEqual([]);
  const seen = new Set(provider.seen);
  const served = dying.outcomes.filter(({ plan }) => seen.has(plan.marker));
  expect(served.filter(({ endedAt }) => endedAt > diedAt() + boundMs)).toEqual([]);
  const { findings, tally } = audit({ outcomes, seen: provider.seen, rows });
  process.stderr.write(`${JSON.stringify(tally)}\n`);
  expect(findings).toEqual(noFindings);
  expect(tally.started).toBe(seen.size + tally.startedButNotSeen);
}

const unready = { status: 503, failing: ["coderd"] };
/** What an operator is told of it by numbers. */
const counted = [
  "aibridge_liveness_lapses_total",
  'aibridge_requests_cut_total\\{reason="authorizer_unavailable"\\}',
  'aibridge_authorizer_asks_total\\{outcome="unanswered"\\}',
];
