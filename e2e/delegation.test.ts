import { messages, withHeaders } from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import { ask, bearer } from "./ask.ts";
import type { HeaderList } from "./http.ts";
import { proves } from "./proves.ts";
import { withinASecond } from "./within-a-second.ts";
import { createUser, providerKey, shareWorld } from "./world.ts";

const world = shareWorld();

const keyHeader = "X-Coder-AI-Gateway-Key";
const idHeader = "X-Coder-AI-Gateway-Delegated-Key-ID";
const sourceHeader = "X-Coder-AI-Gateway-Source";
const errorHeader = "x-coder-ai-gateway-error";

function delegation(gatewayKey: string, keyId: string, source = "agents"): HeaderList {
  return [
    [keyHeader, gatewayKey],
    [idHeader, keyId],
    [sourceHeader, source],
  ];
}

/** The log line that ends a request, by the request id of its answer. */
function lastLine(requestId: string | undefined) {
  return world().pair.process.logged(
    (line) => line.request_id === requestId && line.status !== undefined,
  );
}

proves(
  ["delegation.runs-as-user", "delegation.headers-removed"],
  "a right gateway key and a key id run as the key's owner, with the provider's credential",
  async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const headers = delegation(pair.gatewayKey, user.keyId);
    const answer = await ask(pair.gatewayUrl, "messages", headers);
    expect(answer.status).toBe(200);
    const [request] = upstream.requests;
    expect(request?.header("x-api-key")).toEqual([providerKey]);
    for (const [name] of headers) expect(request?.header(name)).toEqual([]);
    expect(await lastLine(answer.header("x-request-id"))).toMatchObject({
      auth_delegated: true,
      source: "agents",
      user_id: user.id,
    });
  },
);

/** Who a hostile client claims to be, and the credential that the provider then gets. */
const claims: readonly [string, (otherKey: string) => HeaderList, string][] = [
  [
    "keys of another user",
    (otherKey) => [
      ["Authorization", `Bearer ${otherKey}`],
      ["X-Api-Key", otherKey],
    ],
    providerKey,
  ],
  [
    "a governance token, that is BYOK",
    () => [
      ["X-Coder-AI-Governance-Token", "nonsense"],
      ["Authorization", "Bearer own-token"],
    ],
    "own-token",
  ],
];

for (const [title, claim, credential] of claims) {
  proves(
    "delegation.skips-headers",
    `a delegated request runs as the delegated user: ${title}`,
    async () => {
      const { pair, upstream } = world();
      const user = await createUser(pair);
      const other = await createUser(pair);
      const answer = await ask(pair.gatewayUrl, "chat-completions", [
        ...delegation(pair.gatewayKey, user.keyId),
        ...claim(other.key),
        ["X-AI-Bridge-Actor-ID", other.id],
        ["X-Coder-Owner-ID", other.id],
      ]);
      expect(answer.status).toBe(200);
      const [request] = upstream.requests;
      expect(request?.header("authorization")).toEqual([`Bearer ${credential}`]);
      expect(JSON.stringify(request?.rawHeaders)).not.toContain(other.id);
      expect(JSON.stringify(request?.rawHeaders)).not.toContain(other.key);
      const line = await pair.process.logged((line) => line.user_id === user.id);
      expect(line).toMatchObject({ auth_delegated: true });
      expect(pair.process.logs.where({ user_id: other.id })).toEqual([]);
    },
  );
}

const wrong: readonly [string, (right: string) => HeaderList][] = [
  ["an unknown gateway key", () => delegation("g".repeat(43), "a".repeat(10))],
  ["a malformed gateway key", () => delegation("nonsense", "a".repeat(10))],
  ["no gateway key, but an id", () => [[idHeader, "a".repeat(10)]]],
  ["no gateway key, but a source", () => [[sourceHeader, "agents"]]],
  ["an empty gateway key", () => delegation("", "a".repeat(10))],
  ["two gateway keys", (right) => [[keyHeader, right], ...delegation(right, "a".repeat(10))]],
];

for (const [title, headersFrom] of wrong) {
  proves("delegation.wrong-key", `${title} is 401 with our error header`, async () => {
    const { pair, upstream } = world();
    // Not even a good key of the caller's own makes up for it.
    const headers = [...headersFrom(pair.gatewayKey), ...bearer(pair.apiKey)];
    const answer = await ask(pair.gatewayUrl, "messages", headers);
    expect(answer.status).toBe(401);
    expect(answer.header(errorHeader)).toBe("gateway_key_mismatch");
    expect(upstream.requests).toEqual([]);
  });
}

proves("delegation.cannot-delegate", "a gateway key that may not delegate is 401", async () => {
  const { pair, upstream } = world();
  const { key } = await pair.owner.gatewayKeys.createGatewayKey({ name: "no-delegation" });
  const user = await createUser(pair);
  const answer = await ask(pair.gatewayUrl, "messages", delegation(key, user.keyId));
  expect(answer.status).toBe(401);
  expect(answer.header(errorHeader)).toBe("gateway_key_mismatch");
  expect(upstream.requests).toEqual([]);
});

const malformed: readonly [string, (keyId: string) => HeaderList][] = [
  ["no id", () => [[sourceHeader, "agents"]]],
  ["no source", (keyId) => [[idHeader, keyId]]],
  [
    "an empty id",
    () => [
      [idHeader, ""],
      [sourceHeader, "agents"],
    ],
  ],
  [
    "an empty source",
    (keyId) => [
      [idHeader, keyId],
      [sourceHeader, ""],
    ],
  ],
  [
    "two ids",
    (keyId) => [
      [idHeader, keyId],
      [idHeader, keyId],
      [sourceHeader, "agents"],
    ],
  ],
  [
    "two sources",
    (keyId) => [
      [idHeader, keyId],
      [sourceHeader, "a"],
      [sourceHeader, "b"],
    ],
  ],
];

for (const [title, headersFrom] of malformed) {
  proves("delegation.malformed", `a right gateway key with ${title} is 400`, async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const headers: HeaderList = [[keyHeader, pair.gatewayKey], ...headersFrom(user.keyId)];
    const answer = await ask(pair.gatewayUrl, "messages", headers);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { message: "invalid AI Gateway delegation metadata" },
    });
    expect(answer.header(errorHeader)).toBeUndefined();
    expect(upstream.requests).toEqual([]);
  });
}

proves(
  "delegation.error-header-is-ours",
  "a provider can't answer with our error header",
  async () => {
    const { pair, upstream } = world();
    const forged = withHeaders(messages.error(401), [
      ["X-Coder-AI-Gateway-Error", "gateway_key_mismatch"],
    ]);
    upstream.answer("messages", forged);
    const answer = await ask(pair.gatewayUrl, "messages", bearer(pair.apiKey));
    expect(answer.status).toBe(401);
    expect(answer.header(errorHeader)).toBeUndefined();
    expect(answer.header("request-id")).toBe("req_011CUpstream401");
  },
);

const ends: readonly [string, (user: { id: string; keyId: string }) => Promise<unknown>][] = [
  ["revoked key", ({ keyId }) => world().pair.owner.apiKeys.revokeApiKey({ id: keyId })],
  ["suspended owner", ({ id }) => world().pair.owner.users.suspendUser({ id })],
  ["deleted owner", ({ id }) => world().pair.owner.users.deleteUser({ id })],
];

for (const [title, end] of ends) {
  proves("delegation.revoked", `a delegated request for a ${title} is 403`, async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const headers = delegation(pair.gatewayKey, user.keyId);
    expect((await ask(pair.gatewayUrl, "messages", headers)).status).toBe(200);
    await end(user);
    const askIt = () => ask(pair.gatewayUrl, "messages", headers);
    const answer = await withinASecond(askIt, ({ status }) => status === 403);
    expect(answer.json()).toMatchObject({ error: { message: "unauthorized" } });
    const served = upstream.requests.length;
    expect((await askIt()).status).toBe(403);
    expect(upstream.requests.length).toBe(served);
  });
}

proves("delegation.revoked", "an id of any other form is 403 like an unknown one", async () => {
  const { pair, upstream } = world();
  for (const keyId of ["a".repeat(10), "short", pair.apiKey, "a".repeat(11), "aaaaa-aaaa"]) {
    const answer = await ask(pair.gatewayUrl, "messages", delegation(pair.gatewayKey, keyId));
    expect(answer.status).toBe(403);
  }
  expect(upstream.requests).toEqual([]);
});
