import { expect, test } from "@jest/globals";
import { memoryLimitStore } from "./memory-limit-store.ts";
import { createRequestLimits, type LimitPolicy } from "./request-limits.ts";

const unlimited: LimitPolicy = {
  requestsPerMinuteByUser: undefined,
  requestsPerMinuteByKey: undefined,
  concurrentByUser: undefined,
  concurrentByKey: undefined,
};

function limitsOf(policy: Partial<LimitPolicy>) {
  return createRequestLimits({ ...unlimited, ...policy }, memoryLimitStore);
}

const ada = (apiKeyId: string) => ({ userId: "ada", apiKeyId });

// proves: limits.rate
test("a key has its requests of a minute, its user's other keys theirs, and both the user's", async () => {
  const limits = limitsOf({ requestsPerMinuteByKey: 2, requestsPerMinuteByUser: 3 });
  await limits.admit(ada("key-a"));
  await limits.admit(ada("key-a"));
  await expect(limits.admit(ada("key-a"))).rejects.toMatchObject({
    reason: "rate_limited",
    status: 429,
  });
  // What was refused to one key counts for no other.
  await limits.admit(ada("key-b"));
  const refused = limits.admit(ada("key-b"));
  await expect(refused).rejects.toMatchObject({ reason: "rate_limited" });
  await limits.admit({ userId: "bob", apiKeyId: "key-c" });
});

// proves: limits.rate
test("a refusal says after how many seconds there is room again", async () => {
  const limits = limitsOf({ requestsPerMinuteByKey: 1 });
  await limits.admit(ada("key-a"));
  const refusal = await limits.admit(ada("key-a")).catch((error: unknown) => error);
  const [name, seconds] = (refusal as { headers: string[] }).headers;
  expect(name).toBe("retry-after");
  expect(Number(seconds)).toBeGreaterThan(50);
  expect(Number(seconds)).toBeLessThanOrEqual(60);
});

// proves: limits.concurrency
test("so many requests at once, and one more as soon as one has ended", async () => {
  const limits = limitsOf({ concurrentByKey: 2, concurrentByUser: 3 });
  const first = await limits.admit(ada("key-a"));
  await limits.admit(ada("key-a"));
  await expect(limits.admit(ada("key-a"))).rejects.toMatchObject({
    reason: "too_many_requests_at_once",
    status: 429,
  });
  await limits.admit(ada("key-b"));
  // The user's are all taken; the key's slot that was tried is given back.
  await expect(limits.admit(ada("key-b"))).rejects.toMatchObject({
    reason: "too_many_requests_at_once",
  });
  first[Symbol.dispose]();
  await limits.admit(ada("key-b"));
});
