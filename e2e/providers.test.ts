import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { messages, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders } from "./ask.ts";
import { type HttpAnswer, send } from "./http.ts";
import { proves } from "./proves.ts";
import { withinASecond } from "./within-a-second.ts";
import { providerKey, shareWorld } from "./world.ts";

const world = shareWorld();

const passed: readonly [
  id: "anthropic" | "openai",
  method: string,
  path: string,
  target: string,
][] = [
  ["anthropic", "GET", "/anthropic/v1/models", "/v1/models"],
  [
    "anthropic",
    "GET",
    "/anthropic/v1/models?limit=5&after_id=a%2Fb",
    "/v1/models?limit=5&after_id=a%2Fb",
  ],
  ["anthropic", "GET", "/anthropic/v1/models/claude-opus-4.5", "/v1/models/claude-opus-4.5"],
  [
    "anthropic",
    "POST",
    "/anthropic/v1/messages/count_tokens?beta=true",
    "/v1/messages/count_tokens?beta=true",
  ],
  ["anthropic", "POST", "/anthropic/api/event_logging/batch", "/api/event_logging/batch"],
  ["openai", "GET", "/openai/v1/models", "/v1/models"],
  ["openai", "GET", "/openai/v1/models/gpt-5.2", "/v1/models/gpt-5.2"],
  ["openai", "POST", "/openai/v1/conversations", "/v1/conversations"],
  ["openai", "GET", "/openai/v1/conversations/c/items", "/v1/conversations/c/items"],
  ["openai", "GET", "/openai/v1/responses/resp_1?stream=true", "/v1/responses/resp_1?stream=true"],
  ["openai", "POST", "/openai/v1/responses/resp_1/cancel", "/v1/responses/resp_1/cancel"],
  ["openai", "DELETE", "/openai/v1/responses/resp_1", "/v1/responses/resp_1"],
];

for (const [type, method, path, target] of passed) {
  proves(
    ["providers.anthropic.passthrough", "providers.openai.passthrough", "providers.query"],
    `${method} ${path} is passed through with the provider's credential`,
    async () => {
      const { pair, upstream } = world();
      const body = method === "POST" ? "not read: neither JSON nor checked" : undefined;
      const answer = await send(`${pair.gatewayUrl}${path}`, {
        method,
        headers: bearer(pair.apiKey),
        ...(body !== undefined && { body }),
      });
      // The upstream has no such conversation; what counts is that it was asked.
      expect([200, 404]).toContain(answer.status);
      const [request] = upstream.requests;
      expect(request).toMatchObject({ method, target });
      expect(request?.body.toString()).toBe(body ?? "");
      const [name, value] =
        type === "anthropic"
          ? (["x-api-key", providerKey] as const)
          : (["authorization", `Bearer ${providerKey}`] as const);
      expect(request?.header(name)).toEqual([value]);
    },
  );
}

proves(
  ["providers.anthropic.bridged", "providers.openai.bridged", "providers.query"],
  "bridged routes go to the same path of the provider, with their query",
  async () => {
    const { pair, upstream } = world();
    for (const [path, body] of [
      ["/anthropic/v1/messages?beta=true", bodies.messages],
      ["/openai/v1/chat/completions?a=1&a=2", bodies["chat-completions"]],
      ["/openai/v1/responses?x=%20y", bodies.responses],
    ] as const) {
      const answer = await send(`${pair.gatewayUrl}${path}`, {
        method: "POST",
        headers: [...jsonHeaders, ...bearer(pair.apiKey)],
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
    }
    expect(upstream.requests.map(({ target }) => target)).toEqual([
      "/v1/messages?beta=true",
      "/v1/chat/completions?a=1&a=2",
      "/v1/responses?x=%20y",
    ]);
  },
);

/** Asks until the answer has the status, which must be within a second of a change of providers. */
function askUntil(status: number, askOnce: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  return withinASecond(askOnce, (answer) => answer.status === status);
}

proves(
  ["providers.disabled", "providers.changed"],
  "a disabled provider is 503 provider_disabled until it is enabled, and others go on",
  async () => {
    const { pair, upstream } = world();
    const askIt = () => ask(pair.gatewayUrl, "messages", bearer(pair.apiKey));
    await pair.owner.providers.disableProvider({ name: "anthropic" });
    const refused = await askUntil(503, askIt);
    expect(refused.json()).toMatchObject({ error: { message: "provider_disabled" } });
    const before = upstream.requests.length;
    expect((await askIt()).status).toBe(503);
    expect(upstream.requests.length).toBe(before);
    const other = await ask(pair.gatewayUrl, "responses", bearer(pair.apiKey));
    expect(other.status).toBe(200);
    await pair.owner.providers.enableProvider({ name: "anthropic" });
    await askUntil(200, askIt);
  },
);

proves(
  "providers.changed",
  "a provider is there once created, where it moves, and gone once deleted",
  async () => {
    await using first = await startFakeUpstream();
    await using second = await startFakeUpstream({ apiKey: "sk-second" });
    const { pair } = world();
    const { providers } = pair.owner;
    const askIt = () =>
      send(`${pair.gatewayUrl}/team-a/v1/messages`, {
        method: "POST",
        headers: [...jsonHeaders, ...bearer(pair.apiKey)],
        body: JSON.stringify(bodies.messages),
      });
    expect((await askIt()).status).toBe(404);
    await providers.createProvider({
      name: "team-a",
      type: ProviderType.ANTHROPIC,
      baseUrl: first.url,
      credential: "sk-first",
    });
    await askUntil(200, askIt);
    expect(first.requests[0]?.header("x-api-key")).toEqual(["sk-first"]);

    second.always("messages", messages.text("from the second"));
    await providers.updateProvider({
      name: "team-a",
      baseUrl: second.url,
      credential: "sk-second",
    });
    const deadline = AbortSignal.timeout(20_000);
    while (second.requests.length === 0) {
      deadline.throwIfAborted();
      expect((await askIt()).status).toBe(200);
    }
    second.verify();

    await providers.deleteProvider({ name: "team-a" });
    await askUntil(404, askIt);
  },
);

proves(
  "relay.provider-key-stays",
  "no answer holds a provider's key, not even the provider's list",
  async () => {
    const { pair } = world();
    const { providers } = await pair.owner.providers.listProviders({});
    expect(providers.map(({ name }) => name)).toEqual(["anthropic", "openai"]);
    const shown = JSON.stringify(providers, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(shown).not.toContain(providerKey);
    for (const route of ["messages", "chat-completions", "responses"] as const) {
      for (const headers of [bearer(pair.apiKey), [], bearer("nonsense")]) {
        const answer = await ask(pair.gatewayUrl, route, headers);
        expect(answer.body.includes(providerKey)).toBe(false);
        expect(answer.rawHeaders.join("\n")).not.toContain(providerKey);
      }
    }
  },
);
