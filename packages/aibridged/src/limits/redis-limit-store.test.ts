import { createRequestLimits, type LimitPolicy, type RequestLimits } from "@aibridge/aibridge";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { type RedisServer, redisMissing, startRedis } from "@aibridge/testing/redis";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { openRedisLimitStore, type RedisLimitStore } from "./redis-limit-store.ts";

const unlimited: LimitPolicy = {
  requestsPerMinuteByUser: undefined,
  requestsPerMinuteByKey: undefined,
  concurrentByUser: undefined,
  concurrentByKey: undefined,
};
const who = { userId: "ada", apiKeyId: "key-a" };

suiteThatNeeds(redisMissing(), "limits that gateways share", () => {
  let redis: RedisServer;
  const opened: RedisLimitStore[] = [];
  const lines: Record<string, unknown>[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) store[Symbol.dispose]();
    await redis.stop();
    await redis.start();
    lines.length = 0;
  });
  afterAll(async () => redis[Symbol.asyncDispose]());

  /** Resolves when the store's connection stands. */
  async function gateway(policy: Partial<LimitPolicy>): Promise<RequestLimits> {
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const log = createLogger({ name: "test", level: "info", destination });
    const store = openRedisLimitStore(new Secret(redis.url), log);
    opened.push(store);
    await store.connected;
    return createRequestLimits({ ...unlimited, ...policy }, store);
  }

  // proves: limits.shared
  test("two gateways have one count of a minute's requests", async () => {
    const [a, b] = [
      await gateway({ requestsPerMinuteByKey: 2 }),
      await gateway({ requestsPerMinuteByKey: 2 }),
    ];
    await a.admit(who);
    await b.admit(who);
    await expect(a.admit(who)).rejects.toMatchObject({ reason: "rate_limited" });
    await expect(b.admit(who)).rejects.toMatchObject({ reason: "rate_limited" });
  });

  // proves: limits.shared
  test("two gateways share the slots of a user, and a slot given back is there for both", async () => {
    const [a, b] = [await gateway({ concurrentByUser: 2 }), await gateway({ concurrentByUser: 2 })];
    const first = await a.admit(who);
    await b.admit(who);
    const full = { reason: "too_many_requests_at_once" };
    await expect(b.admit(who)).rejects.toMatchObject(full);
    first[Symbol.dispose]();
    await b.admit(who);
    await expect(a.admit(who)).rejects.toMatchObject(full);
  });

  // proves: limits.store-away
  test("without Redis a gateway counts for itself, and says so once", async () => {
    const limits = await gateway({ requestsPerMinuteByKey: 3, concurrentByKey: 2 });
    await redis.stop();
    const first = await limits.admit(who);
    await limits.admit(who);
    await expect(limits.admit(who)).rejects.toMatchObject({ reason: "too_many_requests_at_once" });
    first[Symbol.dispose]();
    await expect(limits.admit(who)).rejects.toMatchObject({ reason: "rate_limited" });
    const said = lines.filter(({ level }) => level === "warn");
    expect(said.map(({ msg }) => msg)).toEqual(["Redis does not answer: limits count by gateway"]);
  });

  // proves: fault.redis
  test("a Redis that was frozen, and does late what it was asked, keeps no slot that nobody has", async () => {
    const limits = await gateway({ concurrentByKey: 2 });
    // Redis gets a script by its hash, and must know it to do late what it is asked.
    (await limits.admit(who))[Symbol.dispose]();
    redis.freeze();
    try {
      for (let request = 0; request < 4; request++) (await limits.admit(who))[Symbol.dispose]();
    } finally {
      redis.thaw();
    }
    // Its connection stood all the while, so these come after what was late.
    await limits.admit(who);
    await limits.admit(who);
    await expect(limits.admit(who)).rejects.toMatchObject({ reason: "too_many_requests_at_once" });
    expect(lines.map(({ msg }) => msg)).toEqual([
      "Redis does not answer: limits count by gateway",
      "Redis answers: limits count over all gateways",
    ]);
  });
});
