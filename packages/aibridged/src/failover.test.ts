import type { GatewayOptions } from "@aibridge/aibridge";
import { Secret } from "@aibridge/secret";
import { type FakeUpstream, messages, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startTestGateway, type TestGateway, testKey } from "./test-gateway.ts";

let stack: AsyncDisposableStack;
let upstream: FakeUpstream;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  upstream = stack.use(await startFakeUpstream());
});
afterEach(() => stack.disposeAsync());

/** A gateway whose one provider has the keys `sk-1`, `sk-2` and so on. */
async function gatewayWith(
  keys: number,
  limits: GatewayOptions["limits"] = {},
  baseUrl = upstream.url,
): Promise<TestGateway> {
  const gateway = stack.use(await startTestGateway(upstream.url, { limits }));
  const credentials = Array.from({ length: keys }, (_, at) => ({
    id: `key-${at + 1}`,
    credential: new Secret(`sk-${at + 1}`),
  }));
  gateway.gateway.setProviders([
    {
      name: "anthropic",
      type: "anthropic",
      baseUrl,
      enabled: true,
      credential: credentials[0]?.credential,
      credentials,
    },
  ]);
  return gateway;
}

function ask(
  { url }: TestGateway,
  headers: Record<string, string> = { authorization: `Bearer ${testKey}` },
): Promise<Response> {
  return fetch(`${url}/anthropic/v1/messages`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify({
      model: "claude",
      max_tokens: 1,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
}

const keysSeen = () => upstream.requests.flatMap((request) => request.header("x-api-key"));

// proves: providers.failover
test.each([401, 403, 429])(
  "a key that the provider answers with %i is followed by the next, which stays in use",
  async (status) => {
    const gateway = await gatewayWith(3);
    upstream.answer("messages", messages.error(status));
    const answer = await ask(gateway);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("msg_");
    await (await ask(gateway)).text();
    expect(keysSeen()).toEqual(["sk-1", "sk-2", "sk-2"]);
    expect(new Set(upstream.requests.map(({ body }) => body.toString())).size).toBe(1);
  },
);

// proves: providers.failover
test("when every key is refused the last refusal arrives as it is", async () => {
  const gateway = await gatewayWith(2);
  upstream.answer("messages", messages.error(429));
  upstream.answer("messages", messages.error(401));
  const answer = await ask(gateway);
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({
    type: "error",
    error: { type: "authentication_error" },
  });
  expect(keysSeen()).toEqual(["sk-1", "sk-2"]);
});

// proves: providers.failover
test("a user's own credential never fails over", async () => {
  const gateway = await gatewayWith(2);
  upstream.answer("messages", messages.error(401));
  const answer = await ask(gateway, {
    "x-coder-ai-governance-token": testKey,
    "x-api-key": "sk-the-users-own",
  });
  expect(answer.status).toBe(401);
  expect(keysSeen()).toEqual(["sk-the-users-own"]);
});

// proves: providers.retries
test.each([500, 502, 503, 529])(
  "a provider that answers %i once is asked once more",
  async (status) => {
    const gateway = await gatewayWith(1, { upstreamRetriesMax: 1 });
    upstream.answer("messages", messages.error(status));
    expect((await ask(gateway)).status).toBe(200);
    for (let i = 0; i < 2; i++) upstream.answer("messages", messages.error(status));
    expect((await ask(gateway)).status).toBe(status);
    expect(upstream.requests.length).toBe(4);
  },
);

// proves: providers.retries
test("unless that is configured, a provider is asked once", async () => {
  const gateway = await gatewayWith(1);
  upstream.answer("messages", messages.error(503));
  expect((await ask(gateway)).status).toBe(503);
  expect(upstream.requests.length).toBe(1);
});

// proves: providers.breaker
test("after so many failures a provider and model are 503 at once, until one request gets through", async () => {
  const limits = { breakerFailures: 3, breakerOpenMs: 1_000 };
  const gateway = await gatewayWith(1, limits);
  for (let i = 0; i < 3; i++) {
    upstream.answer("messages", messages.error(500));
    expect((await ask(gateway)).status).toBe(500);
  }
  const refused = await ask(gateway);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ type: "error", error: { type: "api_error" } });
  expect(upstream.requests.length).toBe(3);
  // Each of these is refused until the circuit lets one try.
  const deadline = AbortSignal.timeout(10_000);
  let served = await ask(gateway);
  while (served.status !== 200) {
    deadline.throwIfAborted();
    served = await ask(gateway);
  }
  expect((await ask(gateway)).status).toBe(200);
});
