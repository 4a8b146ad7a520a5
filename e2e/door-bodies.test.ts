import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bodyOf, messages } from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import { bearer, jsonHeaders } from "./ask.ts";
import { type HeaderList, send } from "./http.ts";
import { proves } from "./proves.ts";
import { shareWorld } from "./world.ts";

// A busy machine takes a second for 32 MiB. How long coderd may be silent meanwhile is tested elsewhere.
const world = shareWorld({ env: { AIBRIDGE_UNCONFIRMED_STREAM_TIMEOUT: "20s" } });
const limit = 32 * 1024 * 1024;

function headersOf(key: string): HeaderList {
  return [...jsonHeaders, ...bearer(key)];
}

/** A JSON object of exactly so many bytes. */
function bodyOfBytes(bytes: number): Buffer {
  const frame = '{"model":"claude","x":""}';
  return Buffer.from(`${frame.slice(0, -2)}${"a".repeat(bytes - frame.length)}"}`);
}

/** Bodies that a gateway which parses and writes JSON again would change. */
const peculiar: readonly [string, string | Buffer, HeaderList][] = [
  ["odd spacing and key order", '{ "b" : 1,\r\n\t"a":2.0, "model":"m" }\n', []],
  ["numbers that a double can't hold", '{"model":"m","n":12345678901234567890,"e":1e400}', []],
  ["escapes and a repeated key", '{"model":"m","s":"\\u00e9\\/","model":"m"}', []],
  ["non-ASCII text", '{"model":"m","s":"\u20ac \ud83d\ude80"}', []],
  ["gzip", gzipSync('{"model":"m"}'), [["content-encoding", "gzip"]]],
  ["zstd", zstdCompressSync('{"model":"m"}'), [["content-encoding", "zstd"]]],
];

for (const [title, body, extra] of peculiar) {
  proves("relay.body-up", `a body goes on byte for byte: ${title}`, async () => {
    const { pair, upstream } = world();
    const answer = await send(`${pair.gatewayUrl}/anthropic/v1/messages`, {
      method: "POST",
      headers: [...headersOf(pair.apiKey), ...extra],
      body,
    });
    expect(answer.status).toBe(200);
    expect(upstream.requests[0]?.body.equals(Buffer.from(body))).toBe(true);
    for (const [name, value] of extra) expect(upstream.requests[0]?.header(name)).toEqual([value]);
  });
}

proves("relay.body-up", "a body that came in chunks goes on byte for byte", async () => {
  const { pair, upstream } = world();
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const request = httpRequest(`${pair.gatewayUrl}/anthropic/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${pair.apiKey}`, "transfer-encoding": "chunked" },
    agent: false,
  });
  request.once("response", (response) => resolve(response.resume().statusCode));
  request.once("error", reject);
  for (const chunk of ['{"mod', 'el":', ' "m"', "}"]) request.write(chunk);
  request.end();
  expect(await promise).toBe(200);
  expect(upstream.requests[0]?.body.toString()).toBe('{"model": "m"}');
});

proves(
  "door.never-throws",
  "the body of a refused request is never taken for the next request",
  async () => {
    const { pair, upstream } = world();
    const { hostname, port } = new URL(pair.gatewayUrl);
    const socket = connect({ host: hostname, port: Number(port) });
    const smuggled = `GET /anthropic/v1/models HTTP/1.1\r\nhost: x\r\nx-api-key: ${pair.apiKey}\r\n\r\n`;
    const body = smuggled.padStart(200_000, "x");
    socket.write(
      `POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    // Either the gateway closes, or it answers this one too; then it closes as asked.
    socket.end("GET /second HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let answers = "";
    for await (const chunk of socket) answers += String(chunk);
    const statuses = [...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);
    expect(statuses.length).toBeLessThanOrEqual(2);
    expect(new Set(statuses)).toEqual(new Set(["400"]));
    expect(upstream.requests).toEqual([]);
  },
);

proves(["door.body.largest", "relay.body-up"], "a body of exactly 32 MiB is relayed", async () => {
  const { pair, upstream } = world();
  const body = bodyOfBytes(limit);
  const url = `${pair.gatewayUrl}/anthropic/v1/messages`;
  const answer = await send(url, { method: "POST", headers: headersOf(pair.apiKey), body });
  // A refusal says why.
  expect(answer.body.toString()).toBe(bodyOf(messages.text()).toString());
  expect(answer.status).toBe(200);
  expect(upstream.requests[0]?.body.equals(body)).toBe(true);
});

proves(
  "door.body.too-large",
  "a declared length over 32 MiB is 413 before any of it is sent",
  async () => {
    const { pair, upstream } = world();
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const request = httpRequest(`${pair.gatewayUrl}/anthropic/v1/messages`, {
      method: "POST",
      headers: { "content-length": limit + 1, authorization: `Bearer ${pair.apiKey}` },
      agent: false,
    });
    request.once("response", (response) => resolve(response.statusCode));
    request.once("error", reject);
    request.flushHeaders();
    expect(await promise).toBe(413);
    request.destroy();
    expect(upstream.requests).toEqual([]);
  },
);

const declared = `content-length: ${limit + 1}`;
const chunks = "transfer-encoding: chunked";

/** Writes a byte too much before it reads anything, and expects to read the 413 all the same. */
async function expectTooLarge(framing: string, connection: string): Promise<void> {
  const { pair, upstream } = world();
  const { hostname, port } = new URL(pair.gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  const ended = once(socket, "close");
  const body = bodyOfBytes(limit + 1);
  const chunked = framing.startsWith("transfer-encoding");
  socket.write(`POST /openai/v1/responses HTTP/1.1\r\nhost: x\r\nx-api-key: ${pair.apiKey}\r\n`);
  socket.write(`connection: ${connection}\r\n${framing}\r\n\r\n`);
  if (chunked) socket.write(`${body.length.toString(16)}\r\n`);
  socket.write(body);
  socket.write(chunked ? "\r\n0\r\n\r\n" : "");
  // Half-closed behind the body, so that a kept connection ends as well.
  await new Promise<void>((resolve) => socket.end(resolve));
  let answer = "";
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });
  await ended;
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(upstream.requests).toEqual([]);
}

for (const [framing, connection] of [
  [declared, "keep-alive"],
  [chunks, "keep-alive"],
  [chunks, "close"],
] as const) {
  proves(
    "door.body.too-large",
    `a client that writes a whole body before it reads gets the 413: ${framing}, ${connection}`,
    () => expectTooLarge(framing, connection),
  );
}

proves(
  "door.body.too-large",
  "a client that writes a whole body of declared length and closes then gets the 413",
  () => expectTooLarge(declared, "close"),
);

proves(
  "door.no-key-leaks",
  "a body or a path with the caller's own key in it goes nowhere",
  async () => {
    const { pair, upstream } = world();
    const url = `${pair.gatewayUrl}/anthropic/v1/messages`;
    const headers = headersOf(pair.apiKey);
    const body = JSON.stringify({ model: "m", s: `my key is ${pair.apiKey}` });
    expect((await send(url, { method: "POST", headers, body })).status).toBe(400);
    const inQuery = `${pair.gatewayUrl}/anthropic/v1/models?key=${pair.apiKey}`;
    expect((await send(inQuery, { headers })).status).toBe(400);
    expect(upstream.requests).toEqual([]);
  },
);
