import { connect, type Socket } from "node:net";
import { type FakeUpstream, jsonAnswer, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { startTestGateway, type TestGateway, testGatewayKey, testKey } from "./test-gateway.ts";

const secret = testKey.slice(11);
let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startFakeUpstream({ validates: false });
  upstream.always("messages", jsonAnswer(200, [], {}));
  gateway = await startTestGateway(upstream.url);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const credentials = [testKey, `Bearer ${testKey}`, `bearer  ${testKey} `, `x ${testKey}.`];
const names = [
  "Authorization",
  "X-Api-Key",
  "X-Coder-AI-Governance-Token",
  "X-Coder-AI-Gateway-Key",
  "X-Coder-AI-Gateway-Delegated-Key-ID",
  "X-Coder-AI-Gateway-Source",
  "Connection",
  "Cookie",
  "X-Forwarded-For",
  "Content-Encoding",
  "Upgrade",
  "x-anything",
];
// What HTTP can carry in a header: anything else is refused before the door.
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const text = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e])?$/);
const header = fc.tuple(
  fc.oneof(fc.constantFrom(...names), token),
  fc.oneof(fc.constantFrom(...credentials, "keyidkeyid", "keep-alive", "gzip", ""), text),
);
// Most requests come with a key that opens the door, or there is nothing to see.
type Header = [name: string, value: string];
const credential = fc.constantFrom<Header[][]>(
  [],
  [["Authorization", `Bearer ${testKey}`]],
  [["X-Api-Key", testKey]],
  [["X-Coder-AI-Governance-Token", testKey]],
  [
    ["X-Coder-AI-Governance-Token", testKey],
    ["X-Api-Key", "sk-own"],
  ],
);
const delegation: Header[] = [
  ["X-Coder-AI-Gateway-Key", testGatewayKey],
  ["X-Coder-AI-Gateway-Delegated-Key-ID", "keyidkeyid"],
  ["X-Coder-AI-Gateway-Source", "agents"],
];
const others = fc.array(header, { maxLength: 6 });
const headers = fc.tuple(credential, others).map(([ours, more]) => [...ours, ...more]);
const body = fc.oneof(
  { arbitrary: fc.json(), weight: 6 },
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    `{"model":"${testKey}"}`,
    `{"prompt":"my key is \\u0073${secret.slice(1)}"}`,
    `${testKey}`,
    '{"model":"m","stream":true}',
    "",
  ),
);
const target = fc.oneof(
  { arbitrary: fc.constant("/anthropic/v1/messages"), weight: 6 },
  fc.constantFrom(
    "/anthropic/v1/messages",
    "/anthropic/v1/messages?beta=true",
    `/anthropic/v1/messages?key=${testKey}`,
    `/anthropic/v1/models/${testKey}`,
    `/anthropic/v1/models/%73${secret.slice(1)}`,
    "/openai/v1/chat/completions",
    "/openai/v1/models",
    "*",
  ),
  fc.webPath().map((path) => `/anthropic${path}`),
);
const method = fc.constantFrom(
  "POST",
  "POST",
  "POST",
  "POST",
  "POST",
  "GET",
  "HEAD",
  "DELETE",
  "OPTIONS",
);

// proves: door.no-key-leaks, door.never-throws, door.no-key-logged
test("10,000 requests of any shape: each is answered, and the upstream sees no key of ours", async () => {
  const before = upstream.requests.length;
  await fc.assert(
    fc.asyncProperty(method, target, headers, body, async (...request) => {
      expect(await send(...request)).toBeGreaterThanOrEqual(200);
      expectNoKeyUpstream();
    }),
    { numRuns: 10_000 },
  );
  // The property is worth something only if a good part got through.
  expect(upstream.requests.length - before).toBeGreaterThan(1_000);
  expect(JSON.stringify(gateway.log)).not.toContain(secret);
  expect(gateway.log.filter(({ level }) => level === "error")).toEqual([]);
}, 240_000);

// proves: delegation.headers-removed, door.no-key-leaks
test("2,000 delegated requests with any headers: no key of ours, and no delegation, goes upstream", async () => {
  const before = upstream.requests.length;
  const anyHeaders = others.map((more) => [...delegation, ...more]);
  await fc.assert(
    fc.asyncProperty(anyHeaders, async (headers) => {
      expect(await send("POST", "/anthropic/v1/messages", headers, "{}")).toBeGreaterThan(199);
      expectNoKeyUpstream();
    }),
    { numRuns: 2_000 },
  );
  expect(upstream.requests.length - before).toBeGreaterThan(500);
  expect(JSON.stringify(gateway.log)).not.toContain(testGatewayKey);
}, 60_000);

let checked = 0;

function expectNoKeyUpstream(): void {
  for (; checked < upstream.requests.length; checked++) {
    const { rawHeaders, target, body } = upstream.requests[checked] ?? fail();
    const seen = `${target}\n${rawHeaders.join("\n")}\n${body.toString("latin1")}`;
    expect(seen).not.toContain(secret);
    expect(seen).not.toContain(testGatewayKey);
    expect(seen.toLowerCase()).not.toContain("x-coder-");
  }
}

function fail(): never {
  throw new Error("unreachable");
}

/** Sends the bytes as they are, on a connection of its own, and reads the status. */
async function send(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[],
  body: string,
): Promise<number> {
  const bytes = Buffer.from(body);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const framing = `Content-Length: ${bytes.byteLength}\r\n`;
  const head = `${method} ${target} HTTP/1.1\r\nHost: g\r\n${lines}${framing}\r\n`;
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.write(Buffer.concat([Buffer.from(head, "latin1"), bytes]));
  return await statusOf(socket);
}

function statusOf(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      const status = /^HTTP\/1\.1 (\d{3})[\s\S]*\r\n\r\n/.exec(received)?.[1];
      // An interim 1xx is no answer.
      if (status === undefined || status.startsWith("1")) return;
      socket.destroy();
      resolve(Number(status));
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`no answer: ${JSON.stringify(received)}`)));
  });
}
