import {
  type Authorization,
  type Authorizer,
  type Credential,
  GatewayKeyRefusedError,
  type Invalidation,
  NotAuthorizedError,
} from "@aibridge/aibridge";
import { createMetrics } from "@aibridge/runtime";
import { expect, test } from "@jest/globals";
import { createLivenessMetrics } from "./liveness-metrics.ts";

const credential: Credential = { kind: "key-id", keyId: "keyidkeyid" };
const authorization: Authorization = {
  ownerId: "019a0000-0000-7000-8000-000000000001",
  apiKeyId: "keyidkeyid",
  username: "ada",
  expiresAt: undefined,
  revision: 1n,
  gatewayKeyId: undefined,
};
const news: Invalidation = {
  revision: 1n,
  apiKeyIds: [],
  userIds: [],
  gatewayKeyIds: [],
  reset: false,
};
const never = new AbortController().signal;

async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const text = await metrics.metrics();
  return text.split("\n").filter((line) => line.startsWith(name));
}

// proves: metrics.liveness
test("each question is counted by its outcome, and its answer is what it was", async () => {
  const metrics = createMetrics();
  const answers: readonly (() => Authorization)[] = [
    () => authorization,
    () => {
      throw new NotAuthorizedError("expired");
    },
    () => {
      throw new GatewayKeyRefusedError("invalid gateway key");
    },
    () => {
      throw new Error("coderd refuses this gateway");
    },
    () => authorization,
  ];
  const left = answers.values();
  const authorizer: Authorizer = {
    isAuthorized: async () => (left.next().value ?? (() => authorization))(),
  };
  const counted = createLivenessMetrics(metrics, { silenceMs: 400 }).countAsks(authorizer);
  const asks = () => linesOf(metrics, "aibridge_authorizer_asks_total");
  expect(await asks()).toEqual([
    'aibridge_authorizer_asks_total{outcome="accepted"} 0',
    'aibridge_authorizer_asks_total{outcome="refused"} 0',
    'aibridge_authorizer_asks_total{outcome="unanswered"} 0',
  ]);
  expect(await counted.isAuthorized(credential, never)).toBe(authorization);
  await expect(counted.isAuthorized(credential, never)).rejects.toThrow(NotAuthorizedError);
  await expect(counted.isAuthorized(credential, never)).rejects.toThrow(GatewayKeyRefusedError);
  await expect(counted.isAuthorized(credential, never)).rejects.toThrow("refuses this gateway");
  await counted.isAuthorized(credential, never);
  expect(await asks()).toEqual([
    'aibridge_authorizer_asks_total{outcome="accepted"} 2',
    'aibridge_authorizer_asks_total{outcome="refused"} 2',
    'aibridge_authorizer_asks_total{outcome="unanswered"} 1',
  ]);
});

// proves: metrics.liveness
test("a question that its caller gave up has no outcome", async () => {
  const metrics = createMetrics();
  const authorizer: Authorizer = {
    isAuthorized: async (_, signal) => {
      throw signal.reason;
    },
  };
  const counted = createLivenessMetrics(metrics, { silenceMs: 400 }).countAsks(authorizer);
  const given = AbortSignal.abort(new Error("the gateway is closed"));
  await expect(counted.isAuthorized(credential, given)).rejects.toThrow("closed");
  expect(await linesOf(metrics, "aibridge_authorizer_asks_total")).toEqual([
    'aibridge_authorizer_asks_total{outcome="accepted"} 0',
    'aibridge_authorizer_asks_total{outcome="refused"} 0',
    'aibridge_authorizer_asks_total{outcome="unanswered"} 0',
  ]);
});

// proves: metrics.liveness
test("a silence as long as the bound is one lapse, during it and after it", async () => {
  const metrics = createMetrics();
  let now = 0;
  let tell: (told: Invalidation) => void = () => {};
  createLivenessMetrics(metrics, { silenceMs: 400, now: () => now }).countLapses({
    subscribe(listener) {
      tell = listener;
      return { [Symbol.dispose]() {} };
    },
  });
  const lapsesAt = async (ms: number) => {
    now = ms;
    return await linesOf(metrics, "aibridge_liveness_lapses_total");
  };
  const tellAt = (ms: number) => {
    now = ms;
    tell(news);
  };
  // Who was never heard has not fallen silent.
  expect(await lapsesAt(5_000)).toEqual(["aibridge_liveness_lapses_total 0"]);
  tellAt(5_000);
  tellAt(5_399);
  expect(await lapsesAt(5_798)).toEqual(["aibridge_liveness_lapses_total 0"]);
  expect(await lapsesAt(5_799)).toEqual(["aibridge_liveness_lapses_total 1"]);
  expect(await lapsesAt(9_000)).toEqual(["aibridge_liveness_lapses_total 1"]);
  tellAt(9_001);
  tellAt(9_101);
  expect(await lapsesAt(9_102)).toEqual(["aibridge_liveness_lapses_total 1"]);
  // Nobody looks while this one lasts.
  tellAt(12_000);
  expect(await lapsesAt(12_001)).toEqual(["aibridge_liveness_lapses_total 2"]);
});
