import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { Agent } from "undici";
import { RequestBody } from "../body.ts";
import { createUsageChunkFilter } from "../intercept/chat-completions/usage-chunk-filter.ts";
import { Refusal } from "../refusal.ts";
import { relay as startRelay } from "./relay.ts";
import { sinkThatTells, startHeldRelay } from "./test-held-relay.ts";

const streamed = { "content-type": "text/event-stream" };
const streamError = (message: string) => Buffer.from(`error: ${message}`);

// proves: record.first-byte-waits
test("an answer that came whole leaves when the start is on record, in the order it always has", async () => {
  await using relay = await startHeldRelay();
  relay.answer.writeHead(200, { "content-length": "5" }).end("hello");
  await relay.upstream.ended;
  expect(relay.told).toEqual(["read 200", "read 5"]);
  relay.admit();
  expect(await relay.end).toMatchObject({ status: "completed", upstreamStatus: 200 });
  expect(relay.told.slice(2)).toEqual(["record completed", "start 200", "hello", "end"]);
});

// proves: record.first-byte-waits
test("a held stream's chunks leave before its end is told of, and its end after that", async () => {
  await using relay = await startHeldRelay();
  relay.answer.writeHead(200, streamed).end("data: 1\n\n");
  await relay.upstream.ended;
  relay.admit();
  await relay.end;
  expect(relay.told.slice(2)).toEqual(["start 200", "data: 1\n\n", "record completed", "end"]);
});

test("an answer that is held whole leaves its connection to others", async () => {
  await using relay = await startHeldRelay();
  relay.answer.end("hello");
  expect(await relay.useConnection()).toBe(200);
  expect(relay.told).toEqual(["read 200", "read 5"]);
});

// proves: record.first-byte-waits
test("what comes after the start was recorded goes on as it comes, behind what was held", async () => {
  await using relay = await startHeldRelay();
  relay.answer.writeHead(200, streamed).write("data: 1\n\n");
  await relay.upstream.read;
  relay.admit();
  relay.answer.end("data: 2\n\n");
  await relay.end;
  expect(relay.told).toEqual([
    "read 200",
    "read 9",
    "start 200",
    "data: 1\n\n",
    "data: 2\n\n",
    "read 9",
    "record completed",
    "end",
  ]);
});

// proves: relay.held-bounded
test("of an answer of 8 MiB only the beginning is held; all of it arrives", async () => {
  await using relay = await startHeldRelay();
  relay.answer.end("x".repeat(8 * 1_024 * 1_024));
  await relay.upstream.paused;
  const held = bytesRead(relay.told);
  expect(held).toBeGreaterThanOrEqual(60 * 1_024);
  // The bound, and the chunk with which it was reached.
  expect(held).toBeLessThanOrEqual(128 * 1_024);
  relay.admit();
  await relay.end;
  expect(bytesRead(relay.told)).toBe(8 * 1_024 * 1_024);
  expect(relay.told.filter((line) => line.startsWith("x")).join("")).toHaveLength(
    8 * 1_024 * 1_024,
  );
  expect(relay.told.at(-1)).toBe("end");
});

// proves: relay.held-bounded
test("of an answer in tiny chunks fewer bytes are held: each chunk costs memory of its own", async () => {
  await using relay = await startHeldRelay();
  for (let i = 0; i < 10_000; i++) relay.answer.write("x");
  await relay.upstream.paused;
  // At 129 bytes each.
  expect(bytesRead(relay.told)).toBe(509);
  relay.admit();
  relay.answer.end();
  await relay.end;
  expect(bytesRead(relay.told)).toBe(10_000);
});

// proves: record.first-byte-waits
test("a caller that takes no more of what was held has the provider wait", async () => {
  const drained = Promise.withResolvers<() => void>();
  let takes = false;
  await using relay = await startHeldRelay();
  relay.answer.writeHead(200, streamed).write("data: 1\n\n");
  await relay.upstream.read;
  relay.response.write = () => takes;
  relay.response.onDrain = (listener) => drained.resolve(listener);
  relay.admit();
  relay.answer.end("data: 2\n\n");
  await relay.upstream.paused;
  expect(relay.told).not.toContain("end");
  takes = true;
  (await drained.promise)();
  await relay.end;
});

// proves: record.first-byte-waits
test.each([
  ["came whole", "ended"],
  ["broke off", "broken"],
] as const)(
  "nothing of an answer that %s leaves when its start can't be recorded",
  async (_, how) => {
    await using relay = await startHeldRelay();
    relay.answer.writeHead(200, { "content-length": "5" }).write("hell");
    if (how === "ended") relay.answer.end("o");
    else relay.answer.destroy();
    await relay.upstream[how];
    const refusal = new Error("the spool is full");
    relay.refuse(refusal);
    await expect(relay.end).rejects.toBe(refusal);
    expect(relay.told.filter((line) => !line.startsWith("read"))).toEqual([]);
  },
);

test("a provider that is still answering is cancelled when the start can't be recorded", async () => {
  await using relay = await startHeldRelay();
  relay.answer.writeHead(200, streamed).write("data: 1\n\n");
  await relay.upstream.read;
  const closed = new Promise((resolve) => relay.answer.once("close", resolve));
  const refusal = new Error("the spool is full");
  relay.refuse(refusal);
  await expect(relay.end).rejects.toBe(refusal);
  await closed;
  expect(relay.told).toEqual(["read 200", "read 9"]);
});

test("a refusal that was answered already is not broken by what becomes of the provider's call", async () => {
  const told: string[] = [];
  const response = sinkThatTells(told);
  const body = new RequestBody(Buffer.from("{}"));
  const nobody = { origin: `http://127.0.0.1:${await closedPort()}`, method: "POST", target: "/" };
  const agent = new Agent();
  let send = () => {};
  const dispatch: Agent["dispatch"] = (asked, handler) => {
    send = () => agent.dispatch(asked, handler);
    return true;
  };
  const refusal = new Error("the spool is full");
  const end = startRelay({ dispatch }, { ...nobody, headers: [], body }, response, {
    deadlines: { firstByteMs: 5_000, idleMs: 5_000 },
    signal: new AbortController().signal,
    admission: Promise.reject(refusal),
    ownHeaders: [],
    streamError: undefined,
  });
  await expect(end).rejects.toBe(refusal);
  response.start(503, []);
  send();
  await agent.close();
  expect(told).toEqual(["start 503"]);
});

// proves: relay.client-leaves
test.each(["read", "ended"] as const)(
  "a caller that leaves when its answer was %s, and is held, has cancelled it",
  async (how) => {
    await using relay = await startHeldRelay();
    relay.answer.writeHead(200, streamed).write("data: 1\n\n");
    if (how === "ended") relay.answer.end();
    await relay.upstream[how];
    const closed = new Promise((resolve) => relay.answer.once("close", resolve));
    relay.leave(new Error("the client left"));
    expect(await relay.end).toMatchObject({ status: "cancelled", upstreamStatus: 200 });
    if (how === "read") await closed;
    relay.admit();
    await relay.useConnection();
    expect(relay.told).toEqual(["read 200", "read 9", "fail"]);
  },
);

test("an exchange that is cut while its whole answer is held is refused with what cut it", async () => {
  await using relay = await startHeldRelay();
  relay.answer.end("hello");
  await relay.upstream.ended;
  const refusal = new Refusal("unauthorized");
  relay.leave(refusal);
  await expect(relay.end).rejects.toBe(refusal);
  expect(relay.told).toEqual(["read 200", "read 5"]);
});

// proves: relay.broken-stream
test("a stream that broke off while it was held breaks off for the caller where it did", async () => {
  await using relay = await startHeldRelay({ streamError });
  relay.answer.writeHead(200, streamed).write("data: 1\n\n");
  await relay.upstream.read;
  relay.answer.destroy();
  await relay.upstream.broken;
  expect(relay.told).toEqual(["read 200", "read 9"]);
  relay.admit();
  expect(await relay.end).toMatchObject({ status: "failed", upstreamStatus: 200 });
  expect(relay.told.slice(2)).toEqual([
    "start 200",
    "data: 1\n\n",
    "fail error: the connection to the provider was lost before its answer was complete",
  ]);
});

// proves: relay.unreachable
test("a provider that broke off before it answered is refused, once the start is on record", async () => {
  await using relay = await startHeldRelay();
  relay.answer.destroy();
  await relay.upstream.broken;
  relay.admit();
  await expect(relay.end).rejects.toMatchObject({ reason: "upstream_unreachable" });
  expect(relay.told).toEqual([]);
});

// proves: relay.idle-deadline
test("a provider that falls silent while its answer is held is past its deadline all the same", async () => {
  await using relay = await startHeldRelay({ deadlines: { firstByteMs: 5_000, idleMs: 50 } });
  relay.answer.writeHead(200, streamed).write("data: 1\n\n");
  await relay.upstream.broken;
  relay.admit();
  expect(await relay.end).toMatchObject({ status: "failed", upstreamStatus: 200 });
});

test("what only the gateway asked for is taken from a held answer, too", async () => {
  await using relay = await startHeldRelay({ filter: createUsageChunkFilter() });
  relay.answer.writeHead(200, streamed);
  relay.answer.write('data: {"choices":[{}]}\n\n');
  relay.answer.end('data: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n');
  await relay.upstream.ended;
  relay.admit();
  await relay.end;
  const sent = relay.told.filter((line) => line.startsWith("data:")).join("");
  expect(sent).toBe('data: {"choices":[{}]}\n\ndata: [DONE]\n\n');
});

test("a sink that can't take what was held ends its answer as one that broke off", async () => {
  await using relay = await startHeldRelay();
  relay.answer.writeHead(200, streamed).write("data: 1\n\n");
  await relay.upstream.read;
  relay.response.write = () => {
    throw new Error("the answer is too long to go on with");
  };
  relay.admit();
  expect(await relay.end).toMatchObject({ status: "failed" });
  expect(relay.told.slice(2)).toEqual(["start 200", "fail"]);
});

function bytesRead(told: readonly string[]): number {
  const [, ...chunks] = told.filter((line) => line.startsWith("read "));
  return chunks.reduce((sum, line) => sum + Number(line.slice("read ".length)), 0);
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
