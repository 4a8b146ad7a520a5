import { expect } from "@jest/globals";
import { ask, bearer, unknownKey } from "./ask.ts";
import type { HeaderList } from "./http.ts";
import { proves } from "./proves.ts";
import { providerKey, shareWorld } from "./world.ts";

const world = shareWorld();
const governance = "X-Coder-AI-Governance-Token";

/** Credentials that are found, as a function of a good key. */
const found: readonly [string, (key: string) => HeaderList][] = [
  ["Authorization: Bearer", (key) => [["Authorization", `Bearer ${key}`]]],
  ["a scheme in lower case", (key) => [["authorization", `bearer ${key}`]]],
  ["a scheme in upper case", (key) => [["authorization", `BEARER ${key}`]]],
  ["more space between scheme and key", (key) => [["authorization", `Bearer   ${key} `]]],
  ["X-Api-Key", (key) => [["X-Api-Key", key]]],
  ["X-Api-Key in space", (key) => [["x-api-key", `  ${key}  `]]],
  [
    "X-Api-Key behind another scheme",
    (key) => [
      ["authorization", "Basic dTpw"],
      ["x-api-key", key],
    ],
  ],
  [
    "X-Api-Key behind a bearer of three fields",
    (key) => [
      ["authorization", `Bearer ${unknownKey} more`],
      ["x-api-key", key],
    ],
  ],
  [
    "X-Api-Key behind a blank governance token",
    (key) => [
      [governance, "  "],
      ["x-api-key", key],
    ],
  ],
  [
    "Authorization before X-Api-Key",
    (key) => [
      ["x-api-key", unknownKey],
      ["authorization", `Bearer ${key}`],
    ],
  ],
];

for (const [title, headersWith] of found) {
  proves(
    ["door.credential.headers", "door.credential.bearer", "door.credential.order"],
    `a key is found: ${title}`,
    async () => {
      const { pair, upstream } = world();
      const answer = await ask(pair.gatewayUrl, "messages", headersWith(pair.apiKey));
      expect(answer.status).toBe(200);
      expect(upstream.requests[0]?.header("x-api-key")).toEqual([providerKey]);
      expect(upstream.requests[0]?.header("authorization")).toEqual([]);
    },
  );
}

const shadowed: readonly [string, (key: string) => HeaderList][] = [
  [
    "X-Api-Key by Authorization",
    (key) => [
      ["x-api-key", key],
      ["authorization", `Bearer ${unknownKey}`],
    ],
  ],
  [
    "Authorization by a governance token",
    (key) => [
      ["authorization", `Bearer ${key}`],
      [governance, unknownKey],
    ],
  ],
];

for (const [title, headersWith] of shadowed) {
  proves(
    "door.credential.order",
    `a good key behind another is not asked about: ${title}`,
    async () => {
      const { pair, upstream } = world();
      const answer = await ask(pair.gatewayUrl, "messages", headersWith(pair.apiKey));
      expect(answer.status).toBe(403);
      expect(upstream.requests).toEqual([]);
    },
  );
}

const none: readonly [string, HeaderList][] = [
  ["nothing", []],
  [
    "empty headers",
    [
      ["x-api-key", ""],
      ["authorization", ""],
    ],
  ],
  ["a bearer with no key", [["authorization", "Bearer "]]],
  ["another scheme", [["authorization", "Basic dTpw"]]],
  ["a bearer of three fields", [["authorization", "Bearer a b"]]],
  ["a bare key", [["authorization", unknownKey]]],
];

for (const [title, headers] of none) {
  proves(
    ["door.credential.none", "door.credential.bearer"],
    `no key is 400: ${title}`,
    async () => {
      const { pair, upstream } = world();
      const answer = await ask(pair.gatewayUrl, "messages", headers);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({
        type: "error",
        error: { type: "invalid_request_error", message: "no authentication key provided" },
      });
      expect(upstream.requests).toEqual([]);
    },
  );
}

const refused: readonly [string, (key: string) => string][] = [
  ["unknown", () => unknownKey],
  ["malformed", () => "nonsense"],
  ["of a wrong secret", (key) => `${key.slice(0, 11)}${"x".repeat(22)}`],
  ["longer than a key", (key) => `${key}x`],
  ["a provider's", () => providerKey],
];

for (const [title, keyFrom] of refused) {
  proves(
    "door.not-accepted",
    `a key that is ${title} is 403, and the client learns no more`,
    async () => {
      const { pair, upstream } = world();
      const answer = await ask(pair.gatewayUrl, "responses", bearer(keyFrom(pair.apiKey)));
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({ error: { message: "unauthorized" } });
      expect(upstream.requests).toEqual([]);
    },
  );
}

proves(
  ["door.byok.mode", "door.strip.byok", "providers.byok.anthropic"],
  "BYOK on Anthropic: the user's own X-Api-Key goes on, our token does not",
  async () => {
    const { pair, upstream } = world();
    const own: HeaderList = [["x-api-key", "sk-ant-own"]];
    const answer = await ask(pair.gatewayUrl, "messages", [[governance, pair.apiKey], ...own]);
    expect(answer.status).toBe(200);
    expect(upstream.requests[0]?.header("x-api-key")).toEqual(["sk-ant-own"]);
    expect(upstream.requests[0]?.header(governance)).toEqual([]);
  },
);

for (const route of ["messages", "chat-completions", "responses"] as const) {
  proves(
    ["door.byok.mode", "door.strip.byok", "providers.byok.anthropic"],
    `BYOK on ${route}: the user's own Authorization goes on`,
    async () => {
      const { pair, upstream } = world();
      const headers: HeaderList = [[governance, pair.apiKey], ...bearer("own-token")];
      expect((await ask(pair.gatewayUrl, route, headers)).status).toBe(200);
      expect(upstream.requests[0]?.header("authorization")).toEqual(["Bearer own-token"]);
      expect(upstream.requests[0]?.header("x-api-key")).toEqual([]);
      expect(upstream.requests[0]?.header(governance)).toEqual([]);
    },
  );

  proves(
    "providers.byok.none",
    `BYOK on ${route} without a credential of one's own is 403`,
    async () => {
      const { pair, upstream } = world();
      const answer = await ask(pair.gatewayUrl, route, [[governance, pair.apiKey]]);
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({
        error: { message: "upstream authentication unavailable" },
      });
      expect(upstream.requests).toEqual([]);
    },
  );
}

proves(
  ["door.strip.centralized", "providers.openai.credential"],
  "centralized on OpenAI: the provider's key goes as a bearer, ours does not go",
  async () => {
    const { pair, upstream } = world();
    for (const route of ["chat-completions", "responses"] as const) {
      const headers: HeaderList = [...bearer(pair.apiKey), ["x-api-key", "sk-other"]];
      expect((await ask(pair.gatewayUrl, route, headers)).status).toBe(200);
      const [last] = upstream.requests.slice(-1);
      expect(last?.header("authorization")).toEqual([`Bearer ${providerKey}`]);
      expect(last?.header("x-api-key")).toEqual([]);
    }
  },
);

proves(
  ["door.strip.centralized", "providers.anthropic.credential"],
  "centralized on Anthropic: the provider's key goes in X-Api-Key, ours does not go",
  async () => {
    const { pair, upstream } = world();
    const headers: HeaderList = [...bearer("sk-other"), ["x-api-key", pair.apiKey]];
    // The first credential is the one that counts, so this key is refused ...
    expect((await ask(pair.gatewayUrl, "messages", headers)).status).toBe(403);
    // ... and the other way round only the provider's key is left.
    const good: HeaderList = [...bearer(pair.apiKey), ["x-api-key", "sk-other"]];
    expect((await ask(pair.gatewayUrl, "messages", good)).status).toBe(200);
    expect(upstream.requests[0]?.header("x-api-key")).toEqual([providerKey]);
    expect(upstream.requests[0]?.header("authorization")).toEqual([]);
  },
);
