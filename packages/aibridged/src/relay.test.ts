import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type InterceptionEnded,
  type InterceptionStarted,
  openSpoolRecorder,
  type Recorder,
} from "@aibridge/aibridge";
import { createLogger } from "@aibridge/runtime";
import { type FakeUpstream, messages, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startTestGateway, type TestGateway, testKey } from "./test-gateway.ts";

let upstream: FakeUpstream;
beforeEach(async () => {
  upstream = await startFakeUpstream();
});
afterEach(() => upstream[Symbol.asyncDispose]());

const question = JSON.stringify({
  model: "m",
  max_tokens: 9,
  stream: true,
  messages: [{ role: "user", content: "hi" }],
});

/** Asks on a connection of its own, so that how it ends can be told exactly. */
async function ask(
  gateway: TestGateway,
  path = "/anthropic/v1/messages",
): Promise<IncomingMessage> {
  const request = httpRequest(gateway.url + path, {
    method: "POST",
    agent: false,
    headers: {
      "x-api-key": testKey,
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    },
  });
  request.end(question);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

/** What came of a body, and whether HTTP says that it is whole. */
async function read(response: IncomingMessage): Promise<{ text: string; whole: boolean }> {
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => response.once("close", resolve));
  // How it ended is what `complete` tells; the error says no more.
  response.on("error", () => {});
  await closed;
  return { text, whole: response.complete };
}

const eventStream = [["content-type", "text/event-stream"]] as const;

/** A recorder that keeps what it is told, and whose promise a test keeps. */
function startRecorder(durable: () => Promise<void> = async () => {}) {
  const starts: InterceptionStarted[] = [];
  const ends: InterceptionEnded[] = [];
  const ended = Promise.withResolvers<InterceptionEnded>();
  const recorder: Recorder = {
    started: async ({ started }) => {
      starts.push(started);
      await durable();
    },
    record: (event) => {
      if (event.kind !== "ended") return;
      ends.push(event.ended);
      ended.resolve(event.ended);
    },
    close: async () => {},
  };
  return { recorder, starts, ends, ended: ended.promise };
}

// proves: relay.broken-stream
test("a stream cut between two events ends with the format's error event, and not as a whole one", async () => {
  const { recorder, ended } = startRecorder();
  await using gateway = await startTestGateway(upstream.url, { recorder });
  const next = upstream.next();
  const asking = ask(gateway);
  const call = await next;
  call.respond(200, eventStream);
  await call.write('event: ping\ndata: {"type":"ping"}\n\n');
  const response = await asking;
  await call.cut();
  const { text, whole } = await read(response);
  expect(text).toBe(
    'event: ping\ndata: {"type":"ping"}\n\n' +
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"the connection to the provider was lost before its answer was complete"}}\n\n',
  );
  expect(whole).toBe(false);
  expect(await ended).toMatchObject({ status: "failed", upstreamStatus: 200 });
});

// proves: relay.broken-stream
test("a stream cut within an event is cut for the client there: nothing is added to half an event", async () => {
  await using gateway = await startTestGateway(upstream.url);
  const next = upstream.next();
  const asking = ask(gateway);
  const call = await next;
  call.respond(200, eventStream);
  await call.write('event: ping\ndata: {"ty');
  const response = await asking;
  call.reset();
  expect(await read(response)).toEqual({ text: 'event: ping\ndata: {"ty', whole: false });
});

// proves: relay.idle-deadline
test("a stream that falls silent is ended as broken after the deadline, and cancelled upstream", async () => {
  await using gateway = await startTestGateway(upstream.url, { limits: { upstreamIdleMs: 50 } });
  const next = upstream.next();
  const asking = ask(gateway);
  const call = await next;
  call.respond(200, eventStream);
  await call.write("data: 1\n\n");
  const { text, whole } = await read(await asking);
  expect(text).toContain("the provider stopped sending before its answer was complete");
  expect(whole).toBe(false);
  expect(await call.closed).toBe("left");
});

// proves: relay.first-byte-deadline
test("a provider that says nothing is 504 after the deadline", async () => {
  await using gateway = await startTestGateway(upstream.url, {
    limits: { upstreamFirstByteMs: 50 },
  });
  const next = upstream.next();
  const asking = ask(gateway);
  const call = await next;
  const response = await asking;
  expect(response.statusCode).toBe(504);
  expect(JSON.parse((await read(response)).text)).toMatchObject({
    error: { type: "timeout_error", message: "the provider did not answer in time" },
  });
  expect(await call.closed).toBe("left");
});

// proves: relay.unreachable
test("a provider that nobody listens for is 502, and on record", async () => {
  const { recorder, ends, starts } = startRecorder();
  const url = upstream.url;
  await upstream[Symbol.asyncDispose]();
  await using gateway = await startTestGateway(url, { recorder });
  const response = await ask(gateway);
  expect(response.statusCode).toBe(502);
  response.resume();
  expect(starts).toHaveLength(1);
  expect(ends).toMatchObject([{ status: "failed", errorMessage: "could not reach the provider" }]);
});

// proves: relay.garbage
test("a provider that does not speak HTTP is 502", async () => {
  await using gateway = await startTestGateway(upstream.url);
  const next = upstream.next();
  const asking = ask(gateway);
  await (await next).garbage("SSH-2.0-x\r\n\r\n");
  const response = await asking;
  expect(response.statusCode).toBe(502);
  response.resume();
});

// proves: relay.client-leaves
test("a client that leaves before the headers cancels the upstream call, and is on record as cancelled", async () => {
  const { recorder, ended } = startRecorder();
  await using gateway = await startTestGateway(upstream.url, { recorder });
  const next = upstream.next();
  const leaving = new AbortController();
  const asking = fetch(`${gateway.url}/anthropic/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": testKey, "anthropic-version": "2023-06-01" },
    body: question,
    signal: leaving.signal,
  });
  const call = await next;
  leaving.abort();
  await expect(asking).rejects.toThrow("aborted");
  expect(await call.closed).toBe("left");
  expect(await ended).toMatchObject({ status: "cancelled", upstreamStatus: undefined });
});

// proves: relay.client-leaves
test("a client that leaves in mid-stream cancels the upstream call", async () => {
  const { recorder, ended } = startRecorder();
  await using gateway = await startTestGateway(upstream.url, { recorder });
  const next = upstream.next();
  const asking = ask(gateway);
  const call = await next;
  call.respond(200, eventStream);
  await call.write("data: 1\n\n");
  (await asking).destroy();
  expect(await call.closed).toBe("left");
  expect(await ended).toMatchObject({ status: "cancelled", upstreamStatus: 200 });
});

// proves: record.first-byte-waits
test("no byte of an answer leaves before the start of the interception is durable", async () => {
  const durable = Promise.withResolvers<void>();
  const { recorder, starts } = startRecorder(() => durable.promise);
  await using gateway = await startTestGateway(upstream.url, { recorder });
  const asking = ask(gateway);
  let answered = false;
  void asking.then(() => {
    answered = true;
  });
  const request = await upstream.next().then((call) => {
    void call.play(messages.textStream());
    return call.request;
  });
  // Another caller's whole exchange passes in the meantime: the answer had time to leave.
  const other = await fetch(`${gateway.url}/anthropic/v1/models`, {
    headers: { "x-api-key": testKey },
  });
  await other.text();
  expect(request.complete).toBe(true);
  expect(answered).toBe(false);
  durable.resolve();
  const { text, whole } = await read(await asking);
  expect(text).toBe(Buffer.concat(messages.textStream().chunks as Uint8Array[]).toString());
  expect(whole).toBe(true);
  expect(starts).toMatchObject([
    {
      initiatorId: "0197b2a6-0000-7000-8000-000000000001",
      apiKeyId: "keyidkeyid",
      providerType: "anthropic",
      providerName: "anthropic",
      model: "m",
      streaming: true,
      credentialKind: "centralized",
      credentialHint: "sk-t...-key",
      delegated: false,
      metadata: { Username: "ada" },
    },
  ]);
});

// proves: record.first-byte-waits
test("what can't be recorded is not answered: 503, and the upstream call is cancelled", async () => {
  const { recorder, ends } = startRecorder(() => Promise.reject(new Error("the spool is full")));
  await using gateway = await startTestGateway(upstream.url, { recorder });
  const response = await ask(gateway);
  expect(response.statusCode).toBe(503);
  expect(response.headers["retry-after"]).toBe("1");
  expect(JSON.parse((await read(response)).text)).toMatchObject({
    error: { message: "the record is unavailable" },
  });
  expect(ends).toEqual([]);
});

// proves: record.full
test("what the record has no room for reaches no provider, over an open connection either", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aibridge-relay-"));
  await using recorder = await openSmallSpool(folder);
  await using gateway = await startTestGateway(upstream.url, { recorder });
  await openConnections(gateway, 2);
  const next = upstream.next();
  const first = ask(gateway);
  const call = await next;
  for (let time = 0; time < 3; time += 1) expect((await ask(gateway)).statusCode).toBe(503);
  expect(upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  expect(upstream.connections).toBe(2);
  void call.play(messages.textStream());
  expect(await read(await first)).toMatchObject({ whole: true });
});

/** Leaves the gateway with so many connections to its provider that nobody uses. */
async function openConnections(gateway: TestGateway, count: number): Promise<void> {
  const headers = { "x-api-key": testKey };
  const asking = Array.from({ length: count }, async () => {
    const next = upstream.next();
    const answer = fetch(`${gateway.url}/anthropic/v1/models`, { headers });
    return { answer, call: await next };
  });
  for (const { answer, call } of await Promise.all(asking)) {
    void call.play(messages.textStream());
    await (await answer).text();
  }
}

/** A spool with room for one interception, and for no other while that one is open. */
async function openSmallSpool(folder: string): Promise<Recorder & AsyncDisposable> {
  const ship = () => Promise.reject(new Error("coderd is away"));
  const log = createLogger({ name: "test", level: "silent" });
  const recorder = await openSpoolRecorder({ folder, bytesMax: 24 * 1_024, ship, log });
  return {
    ...recorder,
    async [Symbol.asyncDispose]() {
      await recorder.close();
      await rm(folder, { recursive: true });
    },
  };
}
