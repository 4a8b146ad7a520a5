import { eventStreamAnswer, jsonAnswer } from "@aibridge/testing/fake-upstream";
import { expect, test } from "@jest/globals";
import type { ToolOutcome } from "../mcp/toolbox.ts";
import { askBySdk } from "./test-clients.ts";
import { exchangeIn } from "./test-histories.ts";
import { post, says, sentTo, startLoopWorld } from "./test-loop-world.ts";
import { scriptOf } from "./test-turns.ts";

// What only one of the formats knows.

const tools = { bmcp_srv_add: async () => says("5") };
const call = (id: string, name: string, args = "{}") => ({ call: id, name, args });
const callRound = (id: string) => ({ id, parts: [call(`c-${id}`, "bmcp_srv_add")] });
const textRound = (id: string) => ({ id, parts: [{ text: "It is 5." }] });

// proves: tool-loop.previous-response
test("responses: the client's previous_response_id is renewed to the answer's last round", async () => {
  await using world = await startLoopWorld(tools);
  const rounds = [callRound("r1"), callRound("r2"), textRound("r3")];
  world.upstream.answer("responses", ...scriptOf("responses", true, ...rounds));
  expect((await askBySdk(world, "responses", true)).id).toBe("r1");

  const more = { previous_response_id: "r1" };
  await askBySdk(world, "responses", true, { more });
  expect(sentTo(world.upstream.requests[3]).previous_response_id).toBe("r3");
});

// proves: tool-loop.previous-response, tool-loop.mixed-turns
test("responses: where a client's call ends the answer, any gateway knows its last round", async () => {
  await using one = await startLoopWorld(tools);
  const mixed = { id: "r2", parts: [call("c2", "bmcp_srv_add"), call("k1", "client_read")] };
  one.upstream.answer("responses", ...scriptOf("responses", true, callRound("r1"), mixed));
  const seen = await askBySdk(one, "responses", true, { clientTools: ["client_read"] });
  expect(seen).toMatchObject({ id: "r1", calls: [{ name: "client_read" }] });

  await using two = await startLoopWorld(tools);
  const call_id = seen.calls[0]?.id ?? "";
  await askBySdk(two, "responses", true, {
    conversation: [{ type: "function_call_output", call_id, output: "x" }],
    more: { previous_response_id: "r1" },
  });
  // The provider holds the calls themselves: only results are missing.
  expect(sentTo(two.upstream.requests[0])).toMatchObject({
    previous_response_id: "r2",
    input: [
      { type: "function_call_output", call_id: "c2", output: "5" },
      { type: "function_call_output", call_id: "k1", output: "x" },
    ],
  });
});

// proves: tool-loop.request
test("responses: a conversation has taken the turn in, so results alone go on", async () => {
  await using world = await startLoopWorld(tools);
  const rounds = [callRound("r1"), textRound("r2")];
  world.upstream.answer("responses", ...scriptOf("responses", true, ...rounds));
  await askBySdk(world, "responses", true, { more: { conversation: "conv_1" } });
  expect(sentTo(world.upstream.requests[1])).toMatchObject({
    conversation: "conv_1",
    input: [{ type: "function_call_output", call_id: "c-r1", output: "5" }],
  });
});

// proves: tool-loop.request
test("responses: an input of text becomes the first item, and stored items keep their ids", async () => {
  await using world = await startLoopWorld(tools);
  const thinking = { thinking: "hm", signature: "Sig" };
  const first = { id: "r1", parts: [thinking, ...callRound("r1").parts] };
  world.upstream.answer("responses", ...scriptOf("responses", false, first, textRound("r2")));
  await askBySdk(world, "responses", false, { conversation: "h\u00ef" });
  expect(sentTo(world.upstream.requests[1]).input).toMatchObject([
    { role: "user", content: "h\u00ef" },
    { type: "reasoning", id: "rs_r1_0", encrypted_content: "Sig" },
    { type: "function_call", id: "fc_r1_1", call_id: "c-r1" },
    { type: "function_call_output", call_id: "c-r1", output: "5" },
  ]);
});

const thinkingRound = {
  id: "r1",
  parts: [
    { thinking: "h\u00efm\n\ud83e\udd14", signature: "EqQBCgIYAhIM+/==" },
    ...callRound("r1").parts,
  ],
};

// proves: tool-loop.thinking
test.each([true, false])(
  "messages: thinking goes back with its signature (streaming: %s)",
  async (streaming) => {
    await using world = await startLoopWorld(tools);
    world.upstream.answer(
      "messages",
      ...scriptOf("messages", streaming, thinkingRound, textRound("r2")),
    );
    await askBySdk(world, "messages", streaming);
    expect(sentTo(world.upstream.requests[1]).messages).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: [
          {
            type: "thinking",
            thinking: "h\u00efm\n\ud83e\udd14",
            signature: "EqQBCgIYAhIM+/==",
          },
          { type: "tool_use", id: "c-r1" },
        ],
      },
      { role: "user" },
    ]);
    expect(world.events.filter(({ kind }) => kind === "model_thought").length).toBe(1);
  },
);

const searched = [
  { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "sum" } },
  { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] },
  { type: "text", text: "" },
  { type: "redacted_thinking", data: "Zm9v" },
  { type: "tool_use", id: "c1", name: "bmcp_srv_add", input: {} },
];

// proves: tool-loop.server-tools
test("messages: the provider's own tools are the client's to see, and go back beside", async () => {
  await using world = await startLoopWorld(tools);
  const message = {
    id: "r1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    content: searched,
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5, server_tool_use: { web_search_requests: 1 } },
    container: { id: "container_1", expires_at: "2026-01-01T00:00:00Z" },
  };
  world.upstream.answer(
    "messages",
    jsonAnswer(200, [], message),
    ...scriptOf("messages", false, textRound("r2")),
  );
  const response = await post(world, "messages", '{"model":"c","max_tokens":9,"messages":[]}');
  expect(await response.json()).toEqual({
    ...message,
    content: [...searched.slice(0, 4), { type: "text", text: "It is 5." }],
    stop_reason: "end_turn",
    usage: {
      input_tokens: 20,
      cache_read_input_tokens: 3,
      output_tokens: 10,
      server_tool_use: { web_search_requests: 1 },
    },
    container: undefined,
  });
  const [turn] = sentTo(world.upstream.requests[1]).messages as { content: unknown }[];
  // The API sends empty texts, but takes none.
  expect(turn?.content).toEqual(searched.filter(({ type }) => type !== "text"));
});

const png: ToolOutcome = {
  content: [
    { type: "text", text: "See:" },
    { type: "image", data: "aWcK", mimeType: "image/png" },
    { type: "audio", data: "aWcK", mimeType: "audio/wav" },
    { type: "resource", uri: "file:///a", mimeType: "text/plain", text: "in a", blob: undefined },
    { type: "resource_link", uri: "file:///b", name: "b" },
  ],
  isError: true,
  invocationError: undefined,
};
const words = ["[audio/wav data, which can't be shown]", "in a", "[b: file:///b]"];

// proves: tool-loop.results
test("messages: images are shown to the model, and what can't be is said", async () => {
  await using world = await startLoopWorld({ bmcp_srv_add: async () => png });
  world.upstream.answer(
    "messages",
    ...scriptOf("messages", true, callRound("r1"), textRound("r2")),
  );
  await askBySdk(world, "messages", true);
  const [, , user] = sentTo(world.upstream.requests[1]).messages as { content: unknown }[];
  const source = { type: "base64", media_type: "image/png", data: "aWcK" };
  expect(user?.content).toEqual([
    {
      type: "tool_result",
      tool_use_id: "c-r1",
      content: [
        { type: "text", text: "See:" },
        { type: "image", source },
        ...words.map((text) => ({ type: "text", text })),
      ],
      is_error: true,
    },
  ]);
});

// proves: tool-loop.results
test("responses: images are shown to the model, and what can't be is said", async () => {
  await using world = await startLoopWorld({ bmcp_srv_add: async () => png });
  world.upstream.answer(
    "responses",
    ...scriptOf("responses", true, callRound("r1"), textRound("r2")),
  );
  await askBySdk(world, "responses", true);
  const { results } = exchangeIn("responses", sentTo(world.upstream.requests[1]));
  expect(results["c-r1"]).toEqual([
    { type: "input_text", text: "See:" },
    { type: "input_image", image_url: "data:image/png;base64,aWcK", detail: "auto" },
    ...words.map((text) => ({ type: "input_text", text })),
  ]);
});

// proves: tool-loop.results
test("chat-completions: a tool's message takes text alone, so the rest is said", async () => {
  await using world = await startLoopWorld({ bmcp_srv_add: async () => png });
  const rounds = [callRound("r1"), textRound("r2")];
  world.upstream.answer("chat-completions", ...scriptOf("chat-completions", true, ...rounds));
  await askBySdk(world, "chat-completions", true);
  const { results } = exchangeIn("chat-completions", sentTo(world.upstream.requests[1]));
  expect(results["c-r1"]).toBe(
    ["See:", "[image/png data, which can't be shown]", ...words].join("\n"),
  );
});

function chunk(delta: object, finish_reason: string | null = null, more: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: "x1", object: "chat.completion.chunk", choices, ...more })}\n\n`;
}

// proves: tool-loop.habits
test("chat-completions: calls all numbered 0, a late name, reasoning and usage in each chunk", async () => {
  await using world = await startLoopWorld(tools);
  const usage = { prompt_tokens: 7, completion_tokens: 2 };
  const answer = eventStreamAnswer(
    [],
    [
      ": OPENROUTER PROCESSING\n\n",
      chunk({ role: "assistant", reasoning_content: "I " }, null, { usage }),
      chunk({ reasoning_content: "add" }, null, { usage }),
      chunk({ tool_calls: [{ index: 0, id: "c1", type: "function", function: {} }] }),
      chunk({ tool_calls: [{ index: 0, function: { name: "bmcp_srv_add", arguments: "{}" } }] }),
      chunk(
        {
          tool_calls: [
            {
              index: 0,
              id: "c2",
              type: "function",
              function: { name: "bmcp_srv_add", arguments: '{"a":2}' },
            },
          ],
        },
        "stop",
        { usage },
      ),
    ],
  );
  world.upstream.answer(
    "chat-completions",
    answer,
    ...scriptOf("chat-completions", true, textRound("r2")),
  );
  const body = '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}';
  const text = await (await post(world, "chat-completions", body)).text();
  expect(text).toContain(": OPENROUTER PROCESSING\n\n");
  expect(text).toContain('"reasoning_content":"add"');
  expect(text).not.toContain("bmcp_");
  expect(text.match(/"usage":\{/g)?.length ?? 0).toBe(2);
  expect(sentTo(world.upstream.requests[1])).toMatchObject({
    stream_options: { include_usage: true },
    messages: [
      { role: "user" },
      {
        role: "assistant",
        reasoning_content: "I add",
        tool_calls: [
          { id: "c1", function: { name: "bmcp_srv_add", arguments: "{}" } },
          { id: "c2", function: { name: "bmcp_srv_add", arguments: '{"a":2}' } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "5" },
      { role: "tool", tool_call_id: "c2", content: "5" },
    ],
  });
});
