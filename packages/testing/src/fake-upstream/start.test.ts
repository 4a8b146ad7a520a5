import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import {
  type Answer,
  bodyOf,
  chatCompletions,
  cutAfter,
  type FakeUpstream,
  gzipped,
  messages,
  type Route,
  responses,
  startFakeUpstream,
} from "../fake-upstream.ts";

const targets = {
  messages: "/v1/messages?beta=true",
  "chat-completions": "/v1/chat/completions",
  responses: "/v1/responses",
} as const satisfies Partial<Record<Route, string>>;

const headers = {
  "content-type": "application/json",
  "anthropic-version": "2023-06-01",
  authorization: "Bearer sk-upstream",
};

const bodies = {
  messages: { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] },
  "chat-completions": { model: "m", messages: [{ role: "user", content: "hi" }] },
  responses: { model: "m", input: "hi" },
};

function ask(upstream: FakeUpstream, route: keyof typeof targets, extra: object = {}) {
  return fetch(`${upstream.url}${targets[route]}`, {
    method: "POST",
    headers,
    body: JSON.stringify({ ...bodies[route], ...extra }),
  });
}

const call = { id: "call_01", name: "shell", input: { command: "echo hi" } };
const answers: [string, keyof typeof targets, Answer][] = [
  ["messages text", "messages", messages.text()],
  ["messages stream", "messages", messages.textStream()],
  ["messages tool", "messages", messages.toolCall(call)],
  ["messages tool stream", "messages", messages.toolCallStream(call)],
  ["messages error event", "messages", messages.errorMidStream()],
  ["messages 529", "messages", messages.error(529)],
  ["chat text", "chat-completions", chatCompletions.text()],
  ["chat stream", "chat-completions", chatCompletions.textStream()],
  ["chat tool", "chat-completions", chatCompletions.toolCall(call)],
  ["chat tool stream", "chat-completions", chatCompletions.toolCallStream(call)],
  ["chat error event", "chat-completions", chatCompletions.errorMidStream()],
  ["chat 429", "chat-completions", chatCompletions.error(429)],
  ["responses text", "responses", responses.text()],
  ["responses stream", "responses", responses.textStream()],
  ["responses tool", "responses", responses.toolCall(call)],
  ["responses tool stream", "responses", responses.toolCallStream(call)],
  ["responses error event", "responses", responses.errorMidStream()],
  ["responses 500", "responses", responses.error(500)],
];

test.each(answers)("a scripted answer arrives byte for byte: %s", async (_, route, answer) => {
  await using upstream = await startFakeUpstream();
  upstream.answer(route, answer);
  const response = await ask(upstream, route);
  expect(response.status).toBe(answer.status);
  expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(answer))).toBe(true);
  for (const [name, value] of answer.headers) expect(response.headers.get(name)).toBe(value);
  upstream.verify();
});

test.each([
  ["messages", "event: message_start"],
  ["chat-completions", 'data: {"id":"chatcmpl-UpstreamCompletion"'],
  ["responses", "event: response.created"],
] as const)("%s is streamed if the request asks for it, and JSON if not", async (route, first) => {
  await using upstream = await startFakeUpstream();
  const streamed = await ask(upstream, route, { stream: true });
  expect(streamed.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect((await streamed.text()).startsWith(first)).toBe(true);
  const whole = await ask(upstream, route);
  expect(JSON.stringify(await whole.json())).toContain("Hello from the upstream.");
});

test("what came is kept as it came: target, header case and order, body bytes", async () => {
  await using upstream = await startFakeUpstream({ validates: false });
  const body = Buffer.from('{ "model" : "m",\r\n "x": "\u00e9" }');
  const answered = Promise.withResolvers<IncomingMessage>();
  httpRequest(`${upstream.url}/v1/messages?beta=true`, {
    method: "POST",
    headers: [
      "Host",
      "upstream",
      "X-Api-Key",
      "k",
      "Accept",
      "a/b",
      "x-twice",
      "1",
      "X-Twice",
      "2",
    ],
    agent: false,
  })
    .once("response", answered.resolve)
    .end(body);
  (await answered.promise).resume();
  const request = upstream.requests[0];
  expect(request).toMatchObject({
    method: "POST",
    target: "/v1/messages?beta=true",
    route: "messages",
    complete: true,
  });
  expect(request?.rawHeaders.slice(2, 10)).toEqual([
    "X-Api-Key",
    "k",
    "Accept",
    "a/b",
    "x-twice",
    "1",
    "X-Twice",
    "2",
  ]);
  expect(request?.header("X-TWICE")).toEqual(["1", "2"]);
  expect(request?.body.equals(body)).toBe(true);
  expect(await request?.closed).toBe("answered");
});

test.each([
  ["no credential", { authorization: "" }, 401, "authentication_error"],
  ["a wrong credential", { authorization: "Bearer wrong" }, 401, "authentication_error"],
  ["no version", { "anthropic-version": "" }, 400, "invalid_request_error"],
  ["a body that is not JSON", { "content-type": "text/plain" }, 400, "invalid_request_error"],
])("a request with %s is refused as Anthropic would", async (_, change, status, type) => {
  await using upstream = await startFakeUpstream({ apiKey: "sk-upstream" });
  const kept = Object.entries({ ...headers, ...change }).filter(([, value]) => value !== "");
  const response = await fetch(`${upstream.url}/v1/messages`, {
    method: "POST",
    headers: kept,
    body: JSON.stringify(bodies.messages),
  });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ type: "error", error: { type } });
  expect(() => upstream.verify()).toThrow("POST /v1/messages");
});

test("a call is driven by hand: each write is readable before the next", async () => {
  await using upstream = await startFakeUpstream();
  const asked = ask(upstream, "messages");
  const call = await upstream.next();
  call.respond(200, [["content-type", "text/event-stream"]]);
  const reader = (await asked).body?.getReader();
  for (const piece of ["one", "two", "three"]) {
    await call.write(piece);
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(piece);
  }
  await call.end();
  expect((await reader?.read())?.done).toBe(true);
  expect(await call.closed).toBe("answered");
});

test.each(["cut", "reset"] as const)(
  "a body that we %s is an error for its reader",
  async (how) => {
    await using upstream = await startFakeUpstream();
    upstream.answer("messages", cutAfter(messages.textStream(), 2, how));
    const read = ask(upstream, "messages").then((response) => response.text());
    await expect(read).rejects.toThrow();
    expect(await upstream.requests[0]?.closed).toBe("cut");
  },
);

test("a client that leaves is seen to leave", async () => {
  await using upstream = await startFakeUpstream();
  upstream.answer("messages", cutAfter(messages.textStream(), 1, "stall"));
  const leaving = new AbortController();
  const response = await fetch(`${upstream.url}/v1/messages`, {
    method: "POST",
    headers,
    body: JSON.stringify(bodies.messages),
    signal: leaving.signal,
  });
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  expect(await upstream.requests[0]?.closed).toBe("left");
});

test("garbage goes out as it is, past HTTP", async () => {
  await using upstream = await startFakeUpstream({ validates: false });
  const socket = connect({ port: Number(new URL(upstream.url).port), host: "127.0.0.1" });
  const next = upstream.next();
  socket.write("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
  const call = await next;
  await call.garbage("\0\x01 not HTTP");
  const received = new Promise((resolve) => socket.once("data", resolve));
  expect(String(await received)).toBe("\0\x01 not HTTP");
  socket.destroy();
});

test("a compressed answer is the same answer", async () => {
  await using upstream = await startFakeUpstream();
  upstream.answer("messages", gzipped(messages.text("compressed")));
  const response = await ask(upstream, "messages");
  expect(await response.json()).toMatchObject({ content: [{ type: "text", text: "compressed" }] });
});

test("an answer that nobody asked for, and a call that never came, are complaints", async () => {
  await using upstream = await startFakeUpstream();
  upstream.answer("messages", messages.text());
  expect(() => upstream.verify()).toThrow("1 scripted for messages not asked for");
  await expect(upstream.next(undefined, 10)).rejects.toThrow("no request within 10 ms");
});

test("a hand takes every request that no next() waits for, until the fake forgets", async () => {
  await using upstream = await startFakeUpstream();
  upstream.byHand(async (call) => {
    call.respond(200);
    await call.end(`by hand ${call.request.index}`);
  });
  const next = upstream.next();
  const waited = ask(upstream, "messages");
  await (await next).play(messages.text("waited for"));
  expect(await (await waited).text()).toContain("waited for");
  expect(await (await ask(upstream, "messages")).text()).toBe("by hand 1");
  expect(await (await ask(upstream, "responses")).text()).toBe("by hand 2");
  upstream.clear();
  expect((await ask(upstream, "responses")).headers.get("content-type")).toBe("application/json");
});
