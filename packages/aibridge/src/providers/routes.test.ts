import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createProvider } from "./provider.ts";
import { routeFor } from "./routes.ts";

const common = { enabled: true, credential: undefined } as const;
const providers = new Map(
  [
    createProvider({ ...common, name: "anthropic", type: "anthropic", baseUrl: "https://a.test/" }),
    createProvider({
      ...common,
      name: "corp-ai",
      type: "anthropic",
      baseUrl: "https://c.test/llm",
    }),
    createProvider({ ...common, name: "openai", type: "openai", baseUrl: "https://o.test/v1" }),
  ].map((provider) => [provider.name, provider]),
);

// proves: providers.anthropic.bridged, providers.anthropic.passthrough, providers.openai.bridged, providers.openai.passthrough, providers.query, door.prefixes
test.each([
  ["POST", "/anthropic/v1/messages", "messages", "/v1/messages"],
  ["POST", "/anthropic/v1/messages?beta=true", "messages", "/v1/messages?beta=true"],
  ["POST", "/corp-ai/v1/messages", "messages", "/llm/v1/messages"],
  ["POST", "/api/v2/aibridge/anthropic/v1/messages", "messages", "/v1/messages"],
  ["POST", "/api/v2/ai-gateway/anthropic/v1/messages", "messages", "/v1/messages"],
  ["GET", "/anthropic/v1/models", undefined, "/v1/models"],
  ["GET", "/anthropic/v1/models/claude-opus-4.5", undefined, "/v1/models/claude-opus-4.5"],
  ["POST", "/anthropic/v1/messages/count_tokens", undefined, "/v1/messages/count_tokens"],
  ["POST", "/anthropic/api/event_logging/batch", undefined, "/api/event_logging/batch"],
  ["POST", "/openai/v1/chat/completions", "chat-completions", "/v1/chat/completions"],
  ["POST", "/openai/v1/responses", "responses", "/v1/responses"],
  ["GET", "/openai/v1/models", undefined, "/v1/models"],
  ["GET", "/openai/v1/models/org%2Fname", undefined, "/v1/models/org%2Fname"],
  ["POST", "/openai/v1/conversations", undefined, "/v1/conversations"],
  ["DELETE", "/openai/v1/conversations/c_1/items/i", undefined, "/v1/conversations/c_1/items/i"],
  ["GET", "/openai/v1/responses/resp_1?stream=true", undefined, "/v1/responses/resp_1?stream=true"],
])("%s %s is %s, asked for as %s", (method, target, format, upstreamTarget) => {
  const route = routeFor(providers, method, target);
  expect(route?.format?.name).toBe(format);
  expect(route?.upstreamTarget).toBe(upstreamTarget);
});

// proves: providers.allow-list
test.each([
  ["GET", "/"],
  ["GET", ""],
  ["GET", "/anthropic"],
  ["GET", "/anthropic/"],
  ["GET", "/unknown/v1/models"],
  ["GET", "/anthropic/v1/messages"],
  ["POST", "/anthropic/v1/messages/"],
  ["POST", "/anthropic/v1/messages/batches"],
  ["GET", "/anthropic/v1/organizations/users"],
  ["GET", "/anthropic/v1/models/"],
  ["GET", "/openai/models"],
  ["POST", "/openai/v1/embeddings"],
  ["GET", "/openai/v1/responses"],
  ["GET", "/openai/v1/responses/"],
  ["GET", "/constructor/v1/models"],
  ["POST", "/anthropic/constructor"],
  ["POST", "/api/v2/aibridge/v1/messages"],
  ["GET", "/anthropic/v1/models/../organizations"],
  ["GET", "/anthropic/v1/models/%2e%2e/organizations"],
  ["GET", "/anthropic/v1/models/.%2E/organizations"],
  ["GET", "/anthropic/v1/models/..%2forganizations"],
  ["GET", "/anthropic/v1/models/..\\organizations"],
  ["GET", "/anthropic/v1/models/..%5corganizations"],
  ["GET", "/anthropic/v1/models/..;/organizations"],
  ["GET", "/anthropic/v1/models/%252e%252e/organizations"],
  ["GET", "/anthropic/v1/models//organizations"],
  ["GET", "//anthropic/v1/models"],
])("%s %s is no route", (method, target) => {
  expect(routeFor(providers, method, target)).toBeUndefined();
});

// proves: providers.allow-list
test("whatever the path, a route that a server resolves stays below the allow-list", () => {
  const piece = fc.constantFrom(
    "..",
    ".",
    "%2e",
    "%2F",
    "%5c",
    "/",
    "\\",
    "models",
    "v1",
    "x",
    ";",
    "%25",
    "%00",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const route = routeFor(providers, "GET", `/anthropic/v1/models/${pieces.join("")}`);
      if (!route) return;
      const path = decodeURIComponent(route.upstreamTarget).replaceAll("\\", "/");
      expect(new URL(path, "http://x").pathname).toMatch(/^\/v1\/models\/./);
    }),
    { numRuns: 5_000 },
  );
});
