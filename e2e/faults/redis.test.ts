import { type ServingGateway, startGateway } from "@aibridge/testing/harness";
import { type RedisServer, redisMissing, startRedis } from "@aibridge/testing/redis";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect, jest } from "@jest/globals";
import { eventually } from "../eventually.ts";
import { proves } from "../proves.ts";
import { startSocketRelay } from "../socket-relay.ts";
import { createUser } from "../world.ts";
import { audit, noFindings } from "./audit.ts";
import { type Caller, shortOf } from "./caller.ts";
import { Callers } from "./callers.ts";
import { readiness } from "./readiness.ts";
import { readRecord } from "./record.ts";
import { type Scene, settle, startScene } from "./scene.ts";
import { seed } from "./seed.ts";

jest.setTimeout(120_000);

/** What a key may have open at once, by the count of all gateways. */
const slots = 12;
/** Of the load, at each of two gateways: together they are far from the limit. */
const clients = 2;
/** A limit asks Redis twice, for 250 ms at most each; the rest is a busy machine. */
const answeredWithinMs = 3_000;
const boundMs = 1_000;

interface Fault {
  readonly title: string;
  readonly begin: (redis: RedisServer) => Promise<void>;
  readonly heal: (redis: RedisServer) => Promise<void>;
}

const faults: readonly Fault[] = [
  { title: "killed", begin: (redis) => redis.stop(), heal: (redis) => redis.start() },
  {
    title: "frozen",
    begin: async (redis) => redis.freeze(),
    heal: async (redis) => redis.thaw(),
  },
  {
    title: "restarted, knowing nothing",
    async begin(redis) {
      await redis.stop();
      await redis.start();
    },
    heal: async () => {},
  },
];

/** Two gateways that share their counts in a Redis. */
interface Shared extends Scene {
  readonly redis: RedisServer;
  readonly gateways: readonly [ServingGateway, ServingGateway];
}

async function startShared(): Promise<Shared> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  // It is on a unix socket, so that no two meet on a port; a URL wants a port.
  const relay = stack.use(await startSocketRelay({ path: redis.url }));
  const env = {
    REDIS_URL: `redis://127.0.0.1:${relay.port}`,
    AIBRIDGE_LIMIT_KEY_CONCURRENT_REQUESTS: String(slots),
    AIBRIDGE_LIMIT_KEY_REQUESTS_PER_MINUTE: "1000000",
  };
  const scene = stack.use(await startScene(undefined, env));
  const second = stack.use(await startGateway(scene.coderd, env));
  const owned = stack.move();
  return {
    ...scene,
    redis,
    gateways: [scene.gateway, second],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

suiteThatNeeds(redisMissing(), "limits that gateways share in a Redis", () => {
  for (const [number, fault] of faults.entries()) {
    const ownSeed = seed + number;
    proves(
      ["fault.redis", "limits.store-away", "fault.dead-key", "fault.ready", "fault.rows"],
      `a Redis that is ${fault.title} under load refuses and holds up nobody, and limits are shared again by themselves (seed ${ownSeed})`,
      async () => {
        await using shared = await startShared();
        const stage = startStage(shared, ownSeed);
        try {
          await stage.untilShared();
          await fault.begin(shared.redis);
          try {
            await expectServed(stage);
          } finally {
            await fault.heal(shared.redis);
          }
          await Promise.all(shared.gateways.map(countsForAll));
          await stage.untilShared();
          await stage.expectDead();
        } finally {
          await stage.callers.stop();
        }
        await expectExact(stage);
      },
    );
  }
});

/** Load at both gateways, by a key that is far from its limit. */
function startStage(shared: Shared, ownSeed: number) {
  const { coderd, gateways, upstream } = shared;
  const [first, second] = gateways;
  const callers = new Callers(upstream, ownSeed);
  const { provider } = callers;
  const kept = gateways.map((gateway) => callers.add(gateway, coderd.apiKey));
  const loads = kept.map((caller) => caller.askOn(clients));
  const dying: Caller[] = [];
  let diedAt = Number.NaN;

  /** What a new key is answered whose slots are all taken at the first gateway. */
  async function pastTheLimit(at: ServingGateway): Promise<string> {
    const { key } = await createUser(coderd);
    provider.hold();
    const taking = Array.from({ length: slots }, () => callers.add(first, key).ask());
    const held = slots + gateways.length * clients;
    await provider.untilOpen(held);
    const over = new AbortController();
    const asking = callers.add(at, key).ask();
    const isServed = provider.untilOpen(held + 1, over.signal);
    const answer = await Promise.race([asking.then(shortOf), isServed.then(() => "served")]);
    over.abort();
    await isServed.catch(() => {});
    provider.release();
    await Promise.all([...taking, asking]);
    return answer;
  }

  return {
    ...{ shared, callers, kept, loads },
    /** What a gateway answers past the limit by its own count. */
    pastItsOwnLimit: () => pastTheLimit(first),
    /** Resolves when what was taken at one gateway counts at the other. */
    untilShared: () =>
      eventually(
        () => pastTheLimit(second),
        (answer) => answer === "refused 429",
      ),
    /** Makes a key that is dead from now on, and asks with it. */
    async killKey() {
      const mortal = await createUser(coderd);
      await coderd.owner.apiKeys.revokeApiKey({ id: mortal.keyId });
      diedAt = performance.now();
      dying.push(...gateways.map((gateway) => callers.add(gateway, mortal.key)));
      for (const caller of dying) caller.askOn(1);
    },
    async expectDead() {
      for (const caller of dying) {
        expect(shortOf(await caller.ask())).toBe("refused 403");
        const late = caller.outcomes.filter(({ endedAt }) => endedAt > diedAt + boundMs);
        expect(late.filter(({ status }) => status !== 403)).toEqual([]);
      }
    },
  };
}

type Stage = ReturnType<typeof startStage>;

/** Everybody is, in time; a gateway that counts for itself has its limit still. */
async function expectServed({ shared, kept, loads, ...stage }: Stage): Promise<void> {
  const beganAt = performance.now();
  await stage.killKey();
  await Promise.all(loads.map((load) => load.until(40, "whole")));
  const times = kept
    .flatMap(({ outcomes }) => outcomes.filter((outcome) => outcome.beganAt > beganAt))
    .map((outcome) => outcome.endedAt - outcome.beganAt);
  expect(Math.max(...times)).toBeLessThan(answeredWithinMs);
  process.stderr.write(`the slowest took ${Math.round(Math.max(...times))} ms\n`);
  expect(await stage.pastItsOwnLimit()).toBe("refused 429");
  for (const gateway of shared.gateways) {
    expect(await readiness(gateway)).toMatchObject({ status: 200, failing: [] });
  }
}

/** The key that is far from its limit was served each time, and all is on record. */
async function expectExact({ shared, callers, kept }: Stage): Promise<void> {
  const ways = kept.flatMap(({ outcomes }) => outcomes.map(shortOf));
  expect([...new Set(ways)]).toEqual(["whole"]);
  for (const gateway of shared.gateways) await settle(gateway);
  const { outcomes, provider } = callers;
  const rows = await readRecord(shared.coderd.owner);
  const { findings, tally } = audit({ outcomes, seen: provider.seen, rows });
  process.stderr.write(`${JSON.stringify(tally)}\n`);
  expect(findings).toEqual(noFindings);
  expect([tally.started, tally.ended]).toEqual([tally.seen, tally.seen]);
}

/** Resolves when the gateway has Redis again, if it ever noticed that it was away. */
async function countsForAll({ process: { logs }, process: gateway }: ServingGateway) {
  const count = (level: string) =>
    logs.all.filter(({ msg }) => String(msg).startsWith(level)).length;
  await gateway.logged(() => count("Redis does not answer") === count("Redis answers"));
}
