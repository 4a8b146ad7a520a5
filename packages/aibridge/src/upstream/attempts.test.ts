import { startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { afterAll, expect, test } from "@jest/globals";
import { Agent, type Dispatcher } from "undici";
import { type AttemptPlan, createAttempts } from "./attempts.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { createRetryBudget } from "./retry-budget.ts";

const agent = new Agent();
afterAll(() => agent.destroy());

/** One failure is enough to open this circuit. */
function plan(): AttemptPlan {
  return {
    keys: undefined,
    credentialHeader: (credential) => ["x-api-key", credential],
    health: {
      breaker: createCircuitBreaker({ failures: 1, openMs: 60_000, now: () => 0 }),
      budget: createRetryBudget(),
    },
    circuit: "anthropic claude",
    repeatable: false,
    retriesMax: 0,
    signal: new AbortController().signal,
    onAgain() {},
  };
}

/** Sends one request, and gives up with `giveUpWith` when it is on its way. */
function send(
  dispatcher: Pick<Dispatcher, "dispatch">,
  origin: string,
  { headers = [], giveUpWith }: { headers?: string[]; giveUpWith?: Error },
): Promise<number | Error> {
  return new Promise((resolve) => {
    let status = 0;
    dispatcher.dispatch(
      { origin, method: "POST", path: "/v1/messages", headers, body: Buffer.from("{}") },
      {
        onRequestStart(controller) {
          if (giveUpWith) controller.abort(giveUpWith);
        },
        onResponseStart(_controller, code) {
          status = code;
        },
        onResponseData() {},
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => resolve(error),
      },
    );
  });
}

// proves: providers.breaker
test("what is not the provider's failure does not close it to others", async () => {
  await using upstream = await startFakeUpstream();
  const attempts = createAttempts(agent, plan());
  const spoolIsFull = new Error("the spool is full");
  expect(await send(attempts, upstream.url, { giveUpWith: spoolIsFull })).toBe(spoolIsFull);
  const unsendable = await send(attempts, upstream.url, { headers: ["x-a", "a\nb"] });
  expect(unsendable).toMatchObject({ code: "UND_ERR_INVALID_ARG" });
  // It was asked: without a key it says so.
  expect(await send(attempts, upstream.url, {})).toBe(401);
});

// proves: providers.breaker
test("a provider that can't be reached is closed to others", async () => {
  await using upstream = await startFakeUpstream();
  const attempts = createAttempts(agent, plan());
  const nobody = "http://127.0.0.1:1";
  expect(await send(attempts, nobody, {})).toMatchObject({ code: "ECONNREFUSED" });
  expect(await send(attempts, upstream.url, {})).toMatchObject({ reason: "circuit_open" });
});
