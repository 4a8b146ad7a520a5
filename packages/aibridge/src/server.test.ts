import { expect, test } from "@jest/globals";
import type { Authorizer } from "./identity/authorizer.ts";
import { runWithDelegatedApiKeyId } from "./identity/delegated-api-key-id.ts";
import { createUnwatchedLiveness } from "./identity/liveness.ts";
import type { HandlerIdentity, HandlerPool } from "./pool.ts";
import { createProvider } from "./providers/provider.ts";
import { createServer } from "./server.ts";
import { noTelemetry } from "./telemetry/no-telemetry.ts";
import { createInProcessTransportFactory } from "./transport/in-process-transport.ts";

const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "keyidkeyid",
  username: "ada",
};
const anthropic = createProvider({
  name: "anthropic",
  type: "anthropic",
  baseUrl: "http://127.0.0.1:1",
  enabled: true,
  credential: undefined,
});

/** Sends one delegated request through a door behind which this pool stands. */
async function ask(acquire: HandlerPool["acquire"]) {
  const lines: [event: string, fields: object][] = [];
  const write = (fields: object, event: string) => void lines.push([event, fields]);
  const authorizer: Authorizer = { isAuthorized: async () => owner };
  const serve = createServer({
    liveness: createUnwatchedLiveness(authorizer),
    pool: { acquire, renew: () => {}, close: async () => {} },
    providers: () => new Map([["anthropic", anthropic]]),
    unavailable: () => undefined,
    requestLimits: undefined,
    log: { debug: write, info: write, warn: write, error: write },
    telemetry: noTelemetry,
  });
  const response = await runWithDelegatedApiKeyId("keyidkeyid", () =>
    createInProcessTransportFactory(serve).transportFor("anthropic", "agents")(
      "https://api.anthropic.test/v1/messages",
      { method: "POST", body: "{}" },
    ),
  );
  return { response, lines };
}

// proves: door.handler
test("a handler that can't be built is 500, in the format of the API", async () => {
  const { response, lines } = await ask(() => Promise.reject(new Error("no")));
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    type: "error",
    error: { type: "api_error", message: "failed to acquire request handler" },
    request_id: response.headers.get("x-request-id"),
  });
  expect(lines).toMatchObject([
    ["request refused", { reason: "handler_unavailable", source: "agents", auth_delegated: true }],
  ]);
});

// proves: door.handler
test("the pool is asked for the caller's own handler, with no secret for a delegated one", async () => {
  const asked: HandlerIdentity[] = [];
  await ask(async (identity) => {
    asked.push(identity);
    return { handler: { handle: async () => {}, close: async () => {} }, [Symbol.dispose]() {} };
  });
  expect(asked).toEqual([
    {
      sessionKey: undefined,
      apiKeyId: "keyidkeyid",
      initiatorId: "0197b2a6-0000-7000-8000-000000000001",
    },
  ]);
});

// proves: door.never-throws
test("a bug behind the door is 500 with no word of its cause, and an error in the log", async () => {
  const { response, lines } = await ask(async () => ({
    handler: {
      handle: () => Promise.reject(new TypeError("secrets of ours")),
      close: async () => {},
    },
    [Symbol.dispose]() {},
  }));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secrets of ours");
  expect(lines[0]?.[1]).toMatchObject({ reason: "internal", err: { message: "secrets of ours" } });
});
