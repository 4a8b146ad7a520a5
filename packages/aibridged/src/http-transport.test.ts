import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import {
  createHttpTransportFactory,
  GatewayKeyMismatchError,
  runWithDelegatedApiKeyId,
} from "@aibridge/aibridge";
import { Secret } from "@aibridge/secret";
import { jsonAnswer, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { expect, test } from "@jest/globals";
import { request } from "undici";
import { startTestGateway, testGatewayKey, testKey } from "./test-gateway.ts";

const body = JSON.stringify({
  model: "m",
  max_tokens: 1,
  messages: [{ role: "user", content: "hi" }],
});

/** Sends one request through an HTTP transport, on behalf of a key id. */
function send(gatewayUrl: string, init: RequestInit = {}, gatewayKey = testGatewayKey) {
  const factory = createHttpTransportFactory({ gatewayUrl, gatewayKey: new Secret(gatewayKey) });
  return runWithDelegatedApiKeyId("keyidkeyid", () =>
    factory.transportFor("anthropic", "agents")(
      "https://api.anthropic.test/v1/messages?beta=true",
      {
        method: "POST",
        headers: { "anthropic-version": "2023-06-01", "content-type": "application/json" },
        body,
        ...init,
      },
    ),
  );
}

/** Something that is no gateway, and counts who asks it. */
async function startImpostor(answer: RequestListener) {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked: () => asked,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// proves: delegation.runs-as-user, delegation.skips-headers, delegation.headers-removed
test("a delegated request runs as the delegated user, whatever identity headers came along", async () => {
  await using upstream = await startFakeUpstream({ apiKey: "sk-the-providers-own-key" });
  await using gateway = await startTestGateway(upstream.url);
  const response = await send(gateway.url, {
    headers: {
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
      authorization: "Bearer somebody-elses",
      "x-api-key": "somebody-elses",
      "x-coder-ai-gateway-delegated-key-id": "otheridkey",
      "x-coder-ai-bridge-actor-id": "root",
    },
  });
  expect(response.status).toBe(200);
  const [request] = upstream.requests;
  expect(request?.target).toBe("/v1/messages?beta=true");
  expect(request?.body.toString()).toBe(body);
  expect(request?.rawHeaders.join("\n").toLowerCase()).not.toContain("x-coder-");
  expect(request?.rawHeaders).not.toContain("somebody-elses");
  expect(gateway.log.at(-1)).toMatchObject({
    user_id: "0197b2a6-0000-7000-8000-000000000001",
    auth_delegated: true,
    source: "agents",
  });
});

// proves: transport.http.mismatch
test("a gateway key that the gateway does not accept is a typed, retryable error", async () => {
  await using upstream = await startFakeUpstream();
  await using gateway = await startTestGateway(upstream.url);
  const error = await send(gateway.url, {}, "x".repeat(43)).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(GatewayKeyMismatchError);
  expect(error).toMatchObject({ retryable: true });
  expect(upstream.requests).toHaveLength(0);
});

// proves: transport.http.mismatch, delegation.error-header-is-ours
test("a provider's 401 that fakes our error header is a plain 401 without it", async () => {
  await using upstream = await startFakeUpstream();
  upstream.answer(
    "messages",
    jsonAnswer(401, [["X-Coder-AI-Gateway-Error", "gateway_key_mismatch"]], {}),
  );
  await using gateway = await startTestGateway(upstream.url);
  const response = await send(gateway.url);
  expect(response.status).toBe(401);
  expect(response.headers.has("x-coder-ai-gateway-error")).toBe(false);
});

// proves: transport.http.no-redirects
test.each([301, 302, 303, 307, 308])(
  "a redirect (%d) is refused and not followed",
  async (status) => {
    using impostor = await startImpostor((_, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    await expect(send(impostor.url)).rejects.toThrow(
      `refused to follow a redirect (status ${status})`,
    );
    expect(impostor.asked()).toBe(1);
  },
);

// proves: transport.http.no-redirects
test("a connection that breaks is not tried again: the request may have been served", async () => {
  using impostor = await startImpostor((request) => request.socket.resetAndDestroy());
  await expect(send(impostor.url)).rejects.toThrow("fetch failed");
  expect(impostor.asked()).toBe(1);
});

const malformed = { "X-Coder-AI-Gateway-Key": testGatewayKey } as const;
const keyId = { "X-Coder-AI-Gateway-Delegated-Key-ID": "keyidkeyid" } as const;
const source = { "X-Coder-AI-Gateway-Source": "agents" } as const;

// proves: delegation.wrong-key
test.each<[string, Record<string, string>]>([
  ["a key id alone", keyId],
  ["a source alone", source],
  ["a wrong key", { ...keyId, ...source, "X-Coder-AI-Gateway-Key": "y".repeat(43) }],
  ["an empty key", { ...keyId, ...source, "X-Coder-AI-Gateway-Key": "" }],
  ["a wrong key and nothing else", { "X-Coder-AI-Gateway-Key": "y".repeat(43) }],
])(
  "delegation headers with %s are 401, even with a good key of the client's own",
  async (_, headers) => {
    await using upstream = await startFakeUpstream();
    await using gateway = await startTestGateway(upstream.url);
    const response = await fetch(`${gateway.url}/anthropic/v1/messages`, {
      method: "POST",
      headers: { ...headers, "x-api-key": testKey },
      body,
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("x-coder-ai-gateway-error")).toBe("gateway_key_mismatch");
    expect(upstream.requests).toHaveLength(0);
  },
);

// proves: delegation.malformed
test.each<[string, [string, string][]]>([
  ["without a key id", [...Object.entries(source)]],
  ["without a source", [...Object.entries(keyId)]],
  [
    "with an empty key id",
    [...Object.entries(source), ["X-Coder-AI-Gateway-Delegated-Key-ID", ""]],
  ],
  [
    "with two sources",
    [...Object.entries({ ...keyId, ...source }), ["x-coder-ai-gateway-source", "b"]],
  ],
])("a right gateway key %s is 400", async (_, headers) => {
  await using upstream = await startFakeUpstream();
  await using gateway = await startTestGateway(upstream.url);
  const response = await requestWith(gateway.url, [...Object.entries(malformed), ...headers]);
  expect(response.status).toBe(400);
  expect(response.body).toContain("invalid AI Gateway delegation metadata");
  expect(upstream.requests).toHaveLength(0);
});

/** `fetch` would join repeated headers into one. */
async function requestWith(url: string, headers: [string, string][]) {
  const { statusCode, body } = await request(`${url}/anthropic/v1/messages`, {
    method: "POST",
    headers: headers.flat(),
    body: "{}",
  });
  return { status: statusCode, body: await body.text() };
}
