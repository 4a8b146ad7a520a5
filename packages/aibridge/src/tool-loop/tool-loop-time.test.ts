import { describe, expect, test } from "@jest/globals";
import { HandClock } from "./test-hand-clock.ts";
import { type LoopWorld, post, says, startLoopWorld } from "./test-loop-world.ts";
import { type Round, type Route, scriptOf, streamOf } from "./test-turns.ts";

// What happens when: order comes from events, and time from a clock of the test's.

const tools = { bmcp_srv_add: async () => says("5") };
const routes: readonly Route[] = ["messages", "chat-completions", "responses"];
const call = (id: string, name: string, args = "{}") => ({ call: id, name, args });
const addRound: Round = { id: "r1", parts: [{ text: "See." }, call("c1", "bmcp_srv_add")] };
const lastRound: Round = { id: "r2", parts: [{ text: "It is 5." }] };

/** A streaming request of each format. */
const requests: Readonly<Record<Route, string>> = {
  messages:
    '{"model":"claude-x","max_tokens":64,"messages":[{"role":"user","content":"hi"}],"stream":true}',
  "chat-completions": '{"model":"gpt-x","messages":[{"role":"user","content":"hi"}],"stream":true}',
  responses: '{"model":"gpt-x","input":"hi","stream":true}',
};

describe.each(routes)("%s", (route) => {
  // proves: tool-loop.streaming
  test("texts of every round arrive as they come, with signs of life while tools run", async () => {
    const clock = new HandClock();
    const result = Promise.withResolvers<ReturnType<typeof says>>();
    const called = Promise.withResolvers<void>();
    await using world = await startLoopWorld(
      {
        bmcp_srv_add: () => {
          called.resolve();
          return result.promise;
        },
      },
      { clock },
    );
    const [first, second] = [world.upstream.next(), nextButOne(world)];
    const asking = post(world, route, requests[route]);
    const one = await first;
    one.respond(200, [["content-type", "text/event-stream"]]);
    const reader = (await asking).body?.getReader();
    const read = textReader(reader);
    for (const event of streamOf(route, addRound)) await one.write(event);
    await read("Se");
    await one.end();
    await called.promise;
    clock.pass(10_000);
    await read(route === "messages" ? '{"type": "ping"}' : ": keep-alive");
    clock.pass(10_000);
    await read(route === "messages" ? '{"type": "ping"}' : ": keep-alive");
    result.resolve(says("5"));
    const two = await second;
    two.respond(200, [["content-type", "text/event-stream"]]);
    const events = streamOf(route, lastRound);
    const half = events.findIndex((event) => event.includes("It i")) + 1;
    for (const event of events.slice(0, half)) await two.write(event);
    await read("It i");
    for (const event of events.slice(half)) await two.write(event);
    await two.end();
    await read("s 5.");
  });

  // proves: tool-loop.caps
  test("when the time is up tools are given up, and the answer says so", async () => {
    const clock = new HandClock();
    const called = Promise.withResolvers<AbortSignal>();
    await using world = await startLoopWorld(
      {
        bmcp_srv_add: (_args, signal) => {
          called.resolve(signal);
          return new Promise(() => {});
        },
      },
      { clock },
    );
    world.upstream.answer(route, ...scriptOf(route, true, addRound));
    const asking = post(world, route, requests[route]);
    const signal = await called.promise;
    clock.pass(300_000);
    const text = await (await asking).text();
    expect(text).toContain("[The gateway stopped here: the time for tool calls is up.]");
    expect(signal.aborted).toBe(true);
    await world.ended;
    expect(world.events.at(-1)).toMatchObject({ ended: { status: "completed" } });
  });
});

// proves: tool-loop.streaming
test("a long call for the client that is held back leaves no stream silent", async () => {
  const clock = new HandClock();
  await using world = await startLoopWorld(tools, { clock });
  const first = world.upstream.next();
  const asking = post(world, "responses", requests.responses);
  const one = await first;
  one.respond(200, [["content-type", "text/event-stream"]]);
  const read = textReader((await asking).body?.getReader());
  const events = streamOf("responses", { id: "r1", parts: [call("k1", "client_write")] });
  const half = events.findIndex((event) => event.includes("arguments.delta")) + 1;
  for (const event of events.slice(0, half)) await one.write(event);
  await read("response.in_progress");
  clock.pass(10_000);
  await read(": keep-alive");
  for (const event of events.slice(half)) await one.write(event);
  await one.end();
  await read("response.completed");
});

// proves: tool-loop.after-record
test("no tool runs and no byte leaves before the start is on record", async () => {
  const recorded = Promise.withResolvers<void>();
  const events: string[] = [];
  const run = async () => {
    events.push("tool");
    return says("5");
  };
  await using world = await startLoopWorld({ bmcp_srv_add: run }, { recorded: recorded.promise });
  world.upstream.answer("messages", ...scriptOf("messages", true, addRound, lastRound));
  const first = world.upstream.requests;
  const asking = post(world, "messages", requests.messages);
  const answered = asking.then(() => events.push("answer"));
  while (first.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await first[0]?.closed;
  events.push("recorded");
  recorded.resolve();
  await (await asking).text();
  await answered;
  expect(events[0]).toBe("recorded");
  expect(events.toSorted()).toEqual(["answer", "recorded", "tool"]);
});

// proves: tool-loop.back-pressure
test("a client that reads slowly holds the provider back, in every round", async () => {
  await using world = await startLoopWorld(tools);
  world.upstream.answer("messages", ...scriptOf("messages", true, addRound));
  const second = nextButOne(world);
  const response = await post(world, "messages", requests.messages);
  const call = await second;
  call.respond(200, [["content-type", "text/event-stream"]]);
  const parts = [{ text: "x".repeat(64 * 1_024) }];
  const [start = "", block = "", delta = ""] = streamOf("messages", { id: "r2", parts });
  await call.write(start + block);
  // Written until the kernel takes no more: what is read into memory would never end.
  let pieces = 0;
  let stuck = false;
  while (!stuck && pieces < 900) {
    pieces++;
    const written = call.write(delta).then(() => false);
    stuck = await Promise.race([written, nextTurns(200).then(() => true)]);
  }
  expect(stuck).toBe(true);
  await response.body?.cancel();
  expect(await call.closed).toBe("left");
});

/** Some turns of the event loop, in which what can be done is done. */
async function nextTurns(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** The second request of a world. */
function nextButOne({ upstream }: LoopWorld) {
  return upstream.next(({ index }) => index === 1);
}

/** Reads on until a text comes that was not there before. */
function textReader(reader: ReadableStreamDefaultReader<Uint8Array> | undefined) {
  let unread = "";
  return async (wanted: string) => {
    while (!unread.includes(wanted)) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) throw new Error(`ended without ${wanted}: ${unread}`);
      unread += Buffer.from(chunk.value).toString();
    }
    unread = unread.slice(unread.indexOf(wanted) + wanted.length);
  };
}
