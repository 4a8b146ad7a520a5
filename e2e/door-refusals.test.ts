import { connect } from "node:net";
import { expect } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import { type HeaderList, send } from "./http.ts";
import { proves } from "./proves.ts";
import { shareWorld } from "./world.ts";

const world = shareWorld();

proves(
  "door.request-id",
  "every answer has x-request-id: ours if the provider sent none",
  async () => {
    const { pair, upstream } = world();
    const unique = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
    for (const answer of [
      await ask(pair.gatewayUrl, "messages", bearer(pair.apiKey)),
      await ask(pair.gatewayUrl, "messages", []),
      await send(`${pair.gatewayUrl}/nowhere`),
    ]) {
      expect(answer.header("x-request-id")).toMatch(unique);
    }
    const openai = await ask(pair.gatewayUrl, "responses", bearer(pair.apiKey));
    expect(openai.header("x-request-id")).toBe("req_upstream_openai");
    expect(upstream.requests.length).toBe(2);
  },
);

const unknown: readonly [method: string, path: string][] = [
  ["GET", "/"],
  ["GET", "/anthropic"],
  ["GET", "/anthropic/v1/messages"],
  ["POST", "/anthropic/v1/messages/batches"],
  ["GET", "/anthropic/v1/organizations/api_keys"],
  ["POST", "/openai/v1/embeddings"],
  ["POST", "/openai/responses"],
  ["DELETE", "/openai/v1/files/f"],
  ["POST", "/nowhere/v1/messages"],
  ["GET", "/anthropic/v1/models/%2e%2e/organizations/api_keys"],
  ["GET", "/anthropic/v1/models/../organizations/api_keys"],
  ["GET", "/openai/v1/models/..%2f..%2forganization"],
];

for (const [method, path] of unknown) {
  proves(["door.unknown-route", "providers.allow-list"], `${method} ${path} is 404`, async () => {
    const { pair, upstream } = world();
    const headers = bearer(pair.apiKey);
    const answer = await send(`${pair.gatewayUrl}${path}?q=1`, { method, headers });
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({
      error: { message: `route not supported: ${method} ${path}` },
    });
    expect(upstream.requests).toEqual([]);
  });
}

proves(
  "door.errors.anthropic",
  "errors of ours on Anthropic routes have Anthropic's shape",
  async () => {
    const { pair } = world();
    const answer = await ask(pair.gatewayUrl, "messages", bearer("nonsense"));
    expect(answer.header("content-type")).toBe("application/json");
    expect(answer.json()).toEqual({
      type: "error",
      error: { type: "permission_error", message: "unauthorized" },
      request_id: answer.header("x-request-id"),
    });
  },
);

proves("door.errors.openai", "errors of ours on OpenAI routes have OpenAI's shape", async () => {
  const { pair } = world();
  const answer = await ask(pair.gatewayUrl, "chat-completions", bearer("nonsense"));
  expect(answer.json()).toEqual({
    error: { message: "unauthorized", type: "permission_error", param: null, code: "unauthorized" },
  });
});

proves("door.errors.elsewhere", "errors of ours elsewhere have a message and no more", async () => {
  const { pair } = world();
  const headers = bearer(pair.apiKey);
  const answer = await send(`${pair.gatewayUrl}/nowhere`, { headers });
  expect(answer.json()).toEqual({ error: { message: "route not supported: GET /nowhere" } });
});

const notJson: readonly [string, string | Buffer][] = [
  ["nothing", ""],
  ["text", "hello"],
  ["half an object", '{"model":"claude"'],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe])],
  ["two values", "{} {}"],
];

for (const route of ["messages", "chat-completions", "responses"] as const) {
  for (const [title, body] of notJson) {
    proves("door.body.not-json", `${title} is 400 on ${route}`, async () => {
      const { pair, upstream } = world();
      const headers = [...jsonHeaders, ...bearer(pair.apiKey)];
      const url = `${pair.gatewayUrl}${paths[route]}`;
      const answer = await send(url, { method: "POST", headers, body });
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: { type: "invalid_request_error" } });
      expect(upstream.requests).toEqual([]);
    });
  }
}

proves(
  "door.websocket",
  "a WebSocket upgrade is refused in words, and the connection is usable",
  async () => {
    const { pair, upstream } = world();
    const headers: HeaderList = [
      ...bearer(pair.apiKey),
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "pAu496kqaDBAfS4jjGw4Pg=="],
    ];
    const answer = await send(`${pair.gatewayUrl}/openai/v1/responses`, { headers });
    expect(answer.status).toBe(501);
    expect(answer.json()).toMatchObject({
      error: { message: "WebSocket transport is not supported, use HTTP" },
    });
    expect(upstream.requests).toEqual([]);
  },
);

for (const prefix of ["", "/api/v2/aibridge", "/api/v2/ai-gateway"]) {
  proves("door.prefixes", `routes answer under ${prefix || "the root"}`, async () => {
    const { pair, upstream } = world();
    for (const route of ["messages", "chat-completions", "responses"] as const) {
      const answer = await send(`${pair.gatewayUrl}${prefix}${paths[route]}`, {
        method: "POST",
        headers: [...jsonHeaders, ...bearer(pair.apiKey)],
        body: JSON.stringify(bodies[route]),
      });
      expect(answer.status).toBe(200);
    }
    expect(upstream.requests.map(({ target }) => target)).toEqual([
      "/v1/messages",
      "/v1/chat/completions",
      "/v1/responses",
    ]);
  });
}

/** What is hardly HTTP, and the status that it gets; undefined if any will do. */
const hostile: readonly [string, string][] = [
  ["no HTTP at all", "\x16\x03\x01\x02\0\x01"],
  ["no path", "GET HTTP/1.1\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["a header without a colon", "GET / HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n"],
  ["two lengths", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"],
  [
    "a length and chunks",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a header of 128 KiB", `GET / HTTP/1.1\r\nhost: x\r\nx-big: ${"a".repeat(131_072)}\r\n\r\n`],
];

for (const [title, bytes] of hostile) {
  proves("door.never-throws", `${title} gets a 4xx, and the gateway lives on`, async () => {
    const { pair } = world();
    const { hostname, port } = new URL(pair.gatewayUrl);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.end(bytes);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await ask(pair.gatewayUrl, "messages", bearer(pair.apiKey))).status).toBe(200);
  });
}
