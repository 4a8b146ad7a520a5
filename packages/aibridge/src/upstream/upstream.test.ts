import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { createKeyRotation, type KeyRests } from "./key-rotation.ts";
import { retryAfterMs } from "./retry-after.ts";
import { createRetryBudget } from "./retry-budget.ts";

const keyOf = (id: string) => ({ id, credential: new Secret(`sk-${id}`) });
const none: ReadonlySet<string> = new Set();

// proves: providers.failover
test("the first key is used until it is refused, the next while it rests, and then the first again", () => {
  let now = 0;
  const rests: KeyRests = new Map();
  const [a, b] = [keyOf("a"), keyOf("b")];
  const keys = createKeyRotation([a, b], rests, () => now);
  expect(keys.next(none)).toBe(a);
  keys.refused(a, 429, 20_000);
  expect(keys.next(none)).toBe(b);
  // The configuration changed: what is known of the keys stays.
  const renewed = createKeyRotation([a, b], rests, () => now);
  expect(renewed.next(none)).toBe(b);
  now = 20_000;
  expect(renewed.next(none)).toBe(a);
});

// proves: providers.failover
test("with all keys resting the first is asked, for its refusal tells the client why", () => {
  const [a, b] = [keyOf("a"), keyOf("b")];
  const keys = createKeyRotation([a, b], new Map(), () => 0);
  keys.refused(a, 401, undefined);
  expect(keys.hasRested(new Set(["a"]))).toBe(true);
  keys.refused(b, 403, undefined);
  expect(keys.hasRested(none)).toBe(false);
  expect(keys.next(none)).toBe(a);
  expect(keys.next(new Set(["a"]))).toBe(b);
  expect(keys.next(new Set(["a", "b"]))).toBeUndefined();
});

// proves: providers.breaker
test("a circuit opens after so many failures in a row, lets one try after a while, and closes", () => {
  let now = 0;
  const breaker = createCircuitBreaker({ failures: 3, openMs: 1_000, now: () => now });
  breaker.failed("m");
  breaker.failed("m");
  breaker.succeeded("m");
  for (let i = 0; i < 3; i++) {
    expect(breaker.closedForMs("m")).toBeUndefined();
    breaker.failed("m");
  }
  expect(breaker.closedForMs("m")).toBe(1_000);
  expect(breaker.closedForMs("another")).toBeUndefined();
  now = 1_000;
  expect(breaker.closedForMs("m")).toBeUndefined();
  expect(breaker.closedForMs("m")).toBe(1_000);
  breaker.succeeded("m");
  expect(breaker.closedForMs("m")).toBeUndefined();
});

// proves: providers.retries
test("ten retries at first, and then one for ten requests", () => {
  const budget = createRetryBudget();
  const spent = () => Array.from({ length: 20 }, () => budget.spend()).filter(Boolean).length;
  expect(spent()).toBe(10);
  for (let i = 0; i < 25; i++) budget.earn();
  expect(spent()).toBe(2);
});

test.each([
  [["retry-after", "7"], 7_000],
  [["Retry-After", "0.5"], 500],
  [["retry-after-ms", "1500", "retry-after", "9"], 1_500],
  [["retry-after", "Thu, 01 Jan 1970 00:01:40 GMT"], 40_000],
  [["retry-after", "Thu, 01 Jan 1970 00:00:10 GMT"], 0],
  [["retry-after", "soon"], undefined],
  [[], undefined],
])("%j asks to wait %p ms", (headers, ms) => {
  expect(retryAfterMs(headers, 60_000)).toBe(ms);
});
