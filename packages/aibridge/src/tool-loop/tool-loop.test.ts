import { describe, expect, test } from "@jest/globals";
import { askBySdk } from "./test-clients.ts";
import { exchangeIn, goesOn, historyOf } from "./test-histories.ts";
import { failsWith, says, sentTo, startLoopWorld, usagesOf } from "./test-loop-world.ts";
import { type Route, scriptOf } from "./test-turns.ts";

const routes: readonly Route[] = ["messages", "chat-completions", "responses"];
const ways = routes.flatMap((route) => [
  { route, streaming: true, how: "streaming" },
  { route, streaming: false, how: "whole" },
]);

const stops = {
  messages: { end: "end_turn", tools: "tool_use", length: "max_tokens" },
  "chat-completions": { end: "stop", tools: "tool_calls", length: "length" },
  responses: { end: "completed", tools: "completed", length: "incomplete" },
};

const tools = { bmcp_srv_add: async () => says("5"), bmcp_srv_now: async () => says("noon") };
const call = (id: string, name: string, args = "{}") => ({ call: id, name, args });

describe.each(ways)("$route, $how", ({ route, streaming }) => {
  const input = route === "messages" ? 10 : 13;
  const isChat = route === "chat-completions";

  // proves: tool-loop.one-answer
  test("an answer without calls is the provider's", async () => {
    await using world = await startLoopWorld(tools);
    world.upstream.answer(
      route,
      ...scriptOf(route, streaming, { id: "r1", parts: [{ text: "Hello." }] }),
    );
    expect(await askBySdk(world, route, streaming)).toEqual({
      id: "r1",
      texts: ["Hello."],
      calls: [],
      stop: stops[route].end,
      inputTokens: input,
      outputTokens: 5,
    });
    expect(world.toolbox.calls).toEqual([]);
    world.upstream.verify();
  });

  // proves: tool-loop.one-answer, tool-loop.usage, tool-loop.record
  test("calls of injected tools are run, and the client sees one answer of all rounds", async () => {
    await using world = await startLoopWorld(tools);
    const first = [
      { text: "Let me see." },
      call("c1", "bmcp_srv_add", '{"a":2,"b":3}'),
      call("c2", "bmcp_srv_now"),
      call("c3", "bmcp_srv_add", '{"a":1}'),
    ];
    world.upstream.answer(
      route,
      ...scriptOf(
        route,
        streaming,
        { id: "r1", parts: first },
        { id: "r2", parts: [call("c4", "bmcp_srv_add", '{"a":9}')] },
        { id: "r3", parts: [{ text: "It is 5." }] },
      ),
    );
    expect(await askBySdk(world, route, streaming)).toEqual({
      id: "r1",
      texts: isChat ? ["Let me see.\n\nIt is 5."] : ["Let me see.", "It is 5."],
      calls: [],
      stop: stops[route].end,
      inputTokens: 3 * input,
      outputTokens: 15,
    });
    expect(world.toolbox.calls).toEqual([
      { name: "bmcp_srv_add", args: { a: 2, b: 3 } },
      { name: "bmcp_srv_now", args: {} },
      { name: "bmcp_srv_add", args: { a: 1 } },
      { name: "bmcp_srv_add", args: { a: 9 } },
    ]);
    expect(usagesOf(world)).toEqual([
      ["r1", 10, 5, false],
      ["r2", 10, 5, false],
      ["r3", 10, 5, false],
    ]);
    expect(world.toolUsages()[0]).toEqual({
      providerResponseId: "r1",
      providerToolCallId: "c1",
      tool: "add",
      arguments: '{"a":2,"b":3}',
      privacy: "full",
      injected: true,
      serverUrl: "https://mcp.test/srv",
      invocationError: "",
    });
    expect(world.toolUsages()).toMatchObject([
      { providerToolCallId: "c1", providerResponseId: "r1" },
      { providerToolCallId: "c2", providerResponseId: "r1" },
      { providerToolCallId: "c3", providerResponseId: "r1" },
      { providerToolCallId: "c4", providerResponseId: "r2" },
    ]);
    expect(JSON.stringify([world.events, world.logged])).not.toContain("noon");
    expect(world.events.at(-1)).toMatchObject({ kind: "ended", ended: { status: "completed" } });
    world.upstream.verify();
  });

  // proves: tool-loop.mixed-turns, tool-loop.correlation
  test("a turn with calls for both loses none, whichever gateway serves the next request", async () => {
    const parts = [
      { text: "Both." },
      call("c1", "bmcp_srv_add", '{"a":1}'),
      call("k1", "client_read", '{"path":"x"}'),
      call("c2", "bmcp_srv_now"),
      call("k2", "client_list", "{}"),
      call("c3", "bmcp_srv_add", '{"a":3}'),
    ];
    await using one = await startLoopWorld(tools);
    one.upstream.answer(route, ...scriptOf(route, streaming, { id: "r1", parts }));
    const clientTools = ["client_read", "client_list"];
    const seen = await askBySdk(one, route, streaming, { clientTools });
    expect(seen.calls).toEqual([
      { id: "k1", name: "client_read", args: '{"path":"x"}' },
      {
        id: expect.stringMatching(/^bmcp1_[A-Za-z0-9_-]{20,300}$/),
        name: "client_list",
        args: "{}",
      },
    ]);
    expect(seen).toMatchObject({ id: "r1", stop: stops[route].tools, texts: ["Both."] });
    expect(one.toolbox.calls).toEqual([]);
    expect(one.toolUsages()).toMatchObject([
      { providerToolCallId: "k1", injected: false },
      { providerToolCallId: "k2", injected: false },
    ]);

    await using two = await startLoopWorld(tools);
    two.upstream.answer(
      route,
      ...scriptOf(route, streaming, { id: "r2", parts: [{ text: "Done." }] }),
    );
    const conversation = historyOf(route, seen, {
      k1: "text of x",
      [seen.calls[1]?.id ?? ""]: "a b",
    });
    const then = await askBySdk(two, route, streaming, { clientTools, conversation });
    expect(then).toMatchObject({ id: "r2", texts: ["Done."], calls: [] });
    expect(two.toolbox.calls).toEqual([
      { name: "bmcp_srv_add", args: { a: 1 } },
      { name: "bmcp_srv_now", args: {} },
      { name: "bmcp_srv_add", args: { a: 3 } },
    ]);
    expect(exchangeIn(route, sentTo(two.upstream.requests[0]))).toEqual({
      calls: ["c1", "k1", "c2", "k2", "c3"],
      results: { c1: "5", k1: "text of x", c2: "noon", k2: "a b", c3: "5" },
    });
    expect(two.events[0]).toMatchObject({
      kind: "started",
      started: { correlatingToolCallId: "k2" },
    });
    expect(two.toolUsages()).toMatchObject([
      { providerToolCallId: "c1", tool: "add", arguments: '{"a":1}', injected: true },
      { providerToolCallId: "c2", tool: "now", injected: true },
      { providerToolCallId: "c3", tool: "add", injected: true },
    ]);

    // In a later request the same turn is history: its ids are the provider's, and nothing runs again.
    await using three = await startLoopWorld(tools);
    const later = [...conversation, ...goesOn()];
    await askBySdk(three, route, streaming, { clientTools, conversation: later });
    expect(three.toolbox.calls).toEqual([]);
    expect(exchangeIn(route, sentTo(three.upstream.requests[0]))).toEqual({
      calls: ["k1", "k2"],
      results: { k1: "text of x", k2: "a b" },
    });
  });

  // proves: tool-loop.tool-errors
  test("a tool that fails, one with garbled arguments and one that is gone are errors for the model", async () => {
    await using world = await startLoopWorld({
      ...tools,
      bmcp_srv_fail: async () => failsWith("the server hung up"),
    });
    const garbled = route === "messages" && !streaming ? "{}" : '{"a":';
    const parts = [call("c1", "bmcp_srv_fail"), call("c2", "bmcp_srv_add", garbled)];
    const rounds = [
      { id: "r1", parts },
      { id: "r2", parts: [{ text: "Sorry." }] },
    ];
    world.upstream.answer(route, ...scriptOf(route, streaming, ...rounds));
    expect(await askBySdk(world, route, streaming)).toMatchObject({ texts: ["Sorry."] });
    const { results } = exchangeIn(route, sentTo(world.upstream.requests[1]));
    expect(results).toEqual({
      c1: "the server hung up",
      c2: garbled === "{}" ? "5" : "The tool was not run: the arguments are not a JSON object.",
    });
    expect(world.toolUsages().map(({ invocationError }) => invocationError)).toEqual([
      "the server hung up",
      garbled === "{}" ? "" : "the arguments are not a JSON object",
    ]);
    expect(world.logged.filter(({ event }) => event === "tool call failed")).toMatchObject([
      { fields: { tool: "bmcp_srv_fail" } },
      ...(garbled === "{}" ? [] : [{ fields: { tool: "bmcp_srv_add" } }]),
    ]);
  });

  // proves: tool-loop.cut-turn
  test("a turn cut by its token limit ends as it is, and its call is not run", async () => {
    await using world = await startLoopWorld(tools);
    const parts = [{ text: "Long" }, call("c1", "bmcp_srv_add", "{}")];
    world.upstream.answer(
      route,
      ...scriptOf(route, streaming, { id: "r1", parts, stop: "length" }),
    );
    const asking = askBySdk(world, route, streaming);
    expect(await asking).toMatchObject({ texts: ["Long"], calls: [], stop: stops[route].length });
    expect(world.toolbox.calls).toEqual([]);
    expect(world.toolUsages()).toMatchObject([
      { providerToolCallId: "c1", injected: true, invocationError: "the answer ended before it" },
    ]);
  });

  // proves: tool-loop.caps
  test.each([
    ["rounds", { roundsMax: 2 }, 2, "the limit of 2 rounds of tool calls is reached"],
    ["tokens", { tokensMax: 18 }, 1, "the limit of 18 tokens is reached"],
    ["bytes of a request", { requestBytesMax: 100 }, 1, "the conversation has become too long"],
  ])("a limit of %s ends in an answer that says so", async (_name, limits, requests, words) => {
    await using world = await startLoopWorld(tools, { limits });
    const round = { id: "r1", parts: [call("c1", "bmcp_srv_add")] };
    for (let i = 0; i < requests; i++) {
      world.upstream.answer(route, ...scriptOf(route, streaming, round));
    }
    expect(await askBySdk(world, route, streaming)).toEqual({
      id: "r1",
      texts: [`[The gateway stopped here: ${words}.]`],
      calls: [],
      stop: stops[route].end,
      inputTokens: requests * input,
      outputTokens: requests * 5,
    });
    world.upstream.verify();
    expect(world.upstream.requests.length).toBe(requests);
  });

  // proves: tool-loop.caps
  test("results beyond their limit are errors for the model", async () => {
    await using world = await startLoopWorld(tools, { limits: { resultBytesMax: 40 } });
    const parts = [call("c1", "bmcp_srv_add"), call("c2", "bmcp_srv_add")];
    const rounds = [
      { id: "r1", parts },
      { id: "r2", parts: [{ text: "Hm." }] },
    ];
    world.upstream.answer(route, ...scriptOf(route, streaming, ...rounds));
    await askBySdk(world, route, streaming);
    expect(exchangeIn(route, sentTo(world.upstream.requests[1])).results).toEqual({
      c1: "5",
      c2: "The tool ran, but its result is more than fits beside the others.",
    });
  });

  // proves: tool-loop.abort
  test("a client that leaves while a tool hangs cancels the tool, and nothing more is asked", async () => {
    const hung = Promise.withResolvers<AbortSignal>();
    await using world = await startLoopWorld({
      bmcp_srv_hang: (_args, signal) => {
        hung.resolve(signal);
        return new Promise(() => {});
      },
    });
    const rounds = { id: "r1", parts: [{ text: "Wait" }, call("c1", "bmcp_srv_hang")] };
    world.upstream.answer(route, ...scriptOf(route, streaming, rounds));
    const leaving = new AbortController();
    const asking = askBySdk(world, route, streaming, { signal: leaving.signal });
    const rejected = expect(asking).rejects.toThrow();
    const signal = await hung.promise;
    expect(signal.aborted).toBe(false);
    leaving.abort();
    await rejected;
    await world.ended;
    expect(signal.aborted).toBe(true);
    expect(world.upstream.requests.length).toBe(1);
    expect(world.toolUsages()).toMatchObject([{ invocationError: "it was cancelled" }]);
    expect(world.events.at(-1)).toMatchObject({ kind: "ended", ended: { status: "cancelled" } });
  });

  // proves: tool-loop.parallel
  test("calls of one turn run at the same time, as many as may", async () => {
    let running = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    await using world = await startLoopWorld({
      bmcp_srv_add: async () => {
        most = Math.max(most, ++running);
        if (running === 8) full.resolve();
        await full.promise;
        running--;
        return says("5");
      },
    });
    const parts = Array.from({ length: 20 }, (_, at) => call(`c${at}`, "bmcp_srv_add"));
    const rounds = [
      { id: "r1", parts },
      { id: "r2", parts: [{ text: "All." }] },
    ];
    world.upstream.answer(route, ...scriptOf(route, streaming, ...rounds));
    expect(await askBySdk(world, route, streaming)).toMatchObject({ texts: ["All."] });
    expect(most).toBe(8);
    const { calls, results } = exchangeIn(route, sentTo(world.upstream.requests[1]));
    expect([calls.length, Object.keys(results).length]).toEqual([20, 20]);
  });
});
