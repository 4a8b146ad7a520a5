import { NotAuthorizedError } from "@aibridge/aibridge";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestGateway, type TestGateway, testAuthorizer, testKey } from "./test-gateway.ts";

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream({ validates: false });
});
afterAll(() => upstream[Symbol.asyncDispose]());

function ask(gateway: TestGateway, key = testKey): Promise<Response> {
  return fetch(`${gateway.url}/anthropic/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": key },
    body: '{"model":"m"}',
  });
}

// proves: door.owner-uuid
test.each([
  "",
  "ada",
  "0197b2a6-0000-7000-8000-00000000000",
  "{0197b2a6-0000-7000-8000-000000000001}",
])("an owner id %j, which is no UUID, is 403 and reaches no provider", async (ownerId) => {
  const before = upstream.requests.length;
  await using gateway = await startTestGateway(upstream.url, {
    authorizer: {
      isAuthorized: async () => ({ ownerId, apiKeyId: "keyidkeyid", username: "ada" }),
    },
  });
  const response = await ask(gateway);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { message: "unauthorized" } });
  expect(upstream.requests).toHaveLength(before);
});

// proves: pool.two-handlers
test("50 first requests at once of each of two keys: each runs under its own key", async () => {
  const users: Record<string, string> = {
    "aaaaaaaaaa-AAAAAAAAAAAAAAAAAAAAAA": "0197b2a6-0000-7000-8000-00000000000a",
    "bbbbbbbbbb-BBBBBBBBBBBBBBBBBBBBBB": "0197b2a6-0000-7000-8000-00000000000b",
  };
  const starts: [initiator: string, apiKeyId: string][] = [];
  await using gateway = await startTestGateway(upstream.url, {
    authorizer: {
      isAuthorized: async (credential) => {
        const key = credential.kind === "key" ? credential.key.reveal() : "";
        const ownerId = users[key];
        if (!ownerId) throw new NotAuthorizedError("unknown key");
        return { ownerId, apiKeyId: key.slice(0, 10), username: key.slice(0, 1) };
      },
    },
    recorder: {
      started: async ({ started }) => void starts.push([started.initiatorId, started.apiKeyId]),
      record: () => {},
      close: async () => {},
    },
  });
  const asked = Object.keys(users).flatMap((key) =>
    Array.from({ length: 50 }, () => ask(gateway, key)),
  );
  const responses = await Promise.all(asked);
  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
  expect(starts.filter(([, apiKeyId]) => apiKeyId === "aaaaaaaaaa")).toHaveLength(50);
  expect(starts.filter(([, apiKeyId]) => apiKeyId === "bbbbbbbbbb")).toHaveLength(50);
  for (const [initiatorId, apiKeyId] of starts) {
    expect(initiatorId.endsWith(apiKeyId.slice(0, 1))).toBe(true);
  }
});

// proves: door.coderd-down
test("an authorizer that gives no answer is 503 with retry-after; one that says no is 403", async () => {
  await using silent = await startTestGateway(upstream.url, {
    authorizer: { isAuthorized: () => Promise.reject(new Error("connection refused")) },
  });
  const unavailable = await ask(silent);
  expect(unavailable.status).toBe(503);
  expect(unavailable.headers.get("retry-after")).toBe("1");
  expect(await unavailable.json()).toMatchObject({
    error: { message: "could not connect to coderd" },
  });
  await using answering = await startTestGateway(upstream.url, { authorizer: testAuthorizer });
  expect((await ask(answering, "nobodysids-0123456789012345678901")).status).toBe(403);
});

// proves: liveness.failing-address
test("when too many wait from an address that fails, the next is 429 with retry-after, in the format of the API", async () => {
  let asked = 0;
  const stuck = Promise.withResolvers<never>();
  await using gateway = await startTestGateway(upstream.url, {
    authorizer: {
      async isAuthorized() {
        asked++;
        if (asked <= 20) throw new NotAuthorizedError("unknown key");
        return stuck.promise;
      },
    },
    invalidations: { subscribe: () => ({ [Symbol.dispose]() {} }) },
  });
  const wrong = (i: number) => `wrong${String(i).padStart(5, "0")}-0123456789012345678901`;
  for (let i = 0; i < 20; i++) expect((await ask(gateway, wrong(i))).status).toBe(403);
  const waiting = Array.from({ length: 34 }, (_, i) => ask(gateway, wrong(100 + i)));
  const first = await Promise.race(waiting);
  expect(first.status).toBe(429);
  expect(first.headers.get("retry-after")).toBe("1");
  expect(await first.json()).toMatchObject({
    type: "error",
    error: { type: "rate_limit_error", message: "too many failed attempts from this address" },
  });
  expect(asked).toBe(21);
  stuck.reject(new NotAuthorizedError("unknown key"));
  await Promise.all(waiting);
});
