import { gzipSync } from "node:zlib";
import {
  type Answer,
  bodyOf,
  chatCompletions,
  cutAfter,
  messages,
  responses,
} from "@aibridge/testing/fake-upstream";
import { describe, expect, test } from "@jest/globals";
import { post, says, startLoopWorld } from "./test-loop-world.ts";
import { type Round, type Route, scriptOf } from "./test-turns.ts";

// What stands on the wire, byte by byte where it matters.

const tools = { bmcp_srv_add: async () => says("5") };
const apis = { messages, "chat-completions": chatCompletions, responses } as const;
const routes: readonly Route[] = ["messages", "chat-completions", "responses"];
const call = (id: string, name: string, args = "{}") => ({ call: id, name, args });
const addRound: Round = { id: "r1", parts: [{ text: "See." }, call("c1", "bmcp_srv_add")] };
const lastRound: Round = { id: "r2", parts: [{ text: "It is 5." }] };

/** A request as a client may write it: what is not changed in it must stay to the byte. */
const requests: Readonly<Record<Route, { whole: string; stream: string }>> = {
  messages: bothWays(
    '{ "model":"claude-x",\n "max_tokens": 64.0, "messages" : [ {"role":"user","content":"h\\u00ef"} ] SHAPE}',
  ),
  "chat-completions": bothWays(
    '{ "model":"gpt-x",\n "seed": 1e3, "messages" : [ {"role":"user","content":"h\\u00ef"} ] SHAPE}',
  ),
  responses: bothWays(
    '{ "model":"gpt-x",\n "top_p": 1.0, "input" : [ {"role":"user","content":"h\\u00ef"} ] SHAPE}',
  ),
};

function bothWays(shape: string): { whole: string; stream: string } {
  return { whole: shape.replace("SHAPE", ""), stream: shape.replace("SHAPE", ',"stream":true') };
}

const untouched: readonly (readonly [string, Route, string])[] = [
  ["a model that may call nothing", "messages", '"tool_choice":{"type":"none"}'],
  ["a model that must call a tool", "messages", '"tool_choice":{"type":"any"}'],
  ["a model that must call one tool", "messages", '"tool_choice":{"type":"tool","name":"x"}'],
  ["a tool of the same name", "messages", '"tools":[{"name":"bmcp_srv_add","input_schema":{}}]'],
  ["tools of another shape", "messages", '"tools":"all"'],
  ["a model that may call nothing", "chat-completions", '"tool_choice":"none"'],
  ["a model that must call a tool", "chat-completions", '"tool_choice":"required"'],
  ["several choices", "chat-completions", '"n":2'],
  ["functions", "chat-completions", '"functions":[]'],
  ["a spoken answer", "chat-completions", '"audio":{"voice":"ash","format":"wav"}'],
  ["a predicted answer", "chat-completions", '"prediction":{"type":"content","content":""}'],
  [
    "a tool of the same name",
    "chat-completions",
    '"tools":[{"type":"function","function":{"name":"bmcp_srv_add"}}]',
  ],
  ["a model that may call nothing", "responses", '"tool_choice":"none"'],
  ["a model that must call a tool", "responses", '"tool_choice":"required"'],
  ["the background", "responses", '"background":true'],
  ["a stored prompt", "responses", '"prompt":{"id":"pmpt_1"}'],
  ["a tool of the same name", "responses", '"tools":[{"type":"function","name":"bmcp_srv_add"}]'],
];

// proves: tool-loop.no-tools
test.each(untouched)("a request for %s (%s) goes as it came: %s", async (_title, route, member) => {
  await using world = await startLoopWorld(tools);
  const body = requests[route].whole.replace(/}$/, `,${member}}`);
  const response = await post(world, route, body);
  expect(world.upstream.requests[0]?.body.toString()).toBe(body);
  expect(response.status).toBe(200);
});

describe.each(routes)("%s", (route) => {
  // proves: tool-loop.no-tools
  test.each([
    ["no toolbox", undefined],
    ["an empty toolbox", {}],
  ])("of a user with %s request and answer are untouched", async (_title, script) => {
    await using world = await startLoopWorld(script);
    const answer = apis[route].textStream();
    world.upstream.answer(route, answer);
    const body =
      route === "chat-completions"
        ? requests[route].stream.replace(/}$/, ',"stream_options":{"include_usage":true}}')
        : requests[route].stream;
    const response = await post(world, route, body);
    expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(answer))).toBe(true);
    expect(world.upstream.requests[0]?.body.toString()).toBe(body);
  });

  // proves: tool-loop.one-answer
  test("a whole answer that calls no tool is the provider's to the byte", async () => {
    await using world = await startLoopWorld(tools);
    const answer = apis[route].text();
    world.upstream.answer(route, answer);
    const response = await post(world, route, requests[route].whole);
    expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(answer))).toBe(true);
  });

  // proves: tool-loop.hidden
  test("nothing in a stream names an injected tool, and nothing but the tools is lost", async () => {
    await using world = await startLoopWorld(tools);
    world.upstream.answer(route, ...scriptOf(route, true, addRound, lastRound));
    const response = await post(world, route, requests[route].stream);
    const text = await response.text();
    expect(text).not.toContain("bmcp_");
    expect(text.split("\n\n").map(shown)).toEqual(expectedStreams[route]);
  });

  // proves: tool-loop.request
  test("requests keep the client's bytes; tools, turns and results are added", async () => {
    await using world = await startLoopWorld(tools);
    const thinking = { thinking: "h\u00efm \ud83e\udd14", signature: "Sig+/==" };
    const unstored = { id: "unstored1", parts: [thinking, ...addRound.parts] };
    world.upstream.answer(route, ...scriptOf(route, false, unstored, lastRound));
    await (await post(world, route, requests[route].whole)).text();
    expect(world.upstream.requests.map(({ body }) => body.toString())).toEqual(
      expectedRequests[route],
    );
  });

  // proves: tool-loop.upstream-errors
  test("an error in the first round is the provider's, to the byte", async () => {
    await using world = await startLoopWorld(tools);
    const answer = apis[route].error(429);
    world.upstream.answer(route, answer);
    const response = await post(world, route, requests[route].stream);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "17"]);
    expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(answer))).toBe(true);
    expect(world.upstream.requests.length).toBe(1);
  });

  // proves: tool-loop.upstream-errors
  test("a provider's own error event in a later round ends the answer as it would end any", async () => {
    await using world = await startLoopWorld(tools);
    const rounds = scriptOf(route, true, addRound);
    world.upstream.answer(route, ...rounds, apis[route].errorMidStream());
    const text = await (await post(world, route, requests[route].stream)).text();
    expect(text).toMatch(/Hello.*rror/s);
    expect(text).not.toMatch(/\[DONE\]|message_stop|response.completed/);
    await world.ended;
    expect(world.events.at(-1)).toMatchObject({ ended: { status: "failed" } });
    world.upstream.verify();
  });

  // proves: tool-loop.upstream-errors
  test("an error in a later round is the provider's while nothing was answered", async () => {
    await using world = await startLoopWorld(tools);
    const answer = apis[route].error(500);
    world.upstream.answer(route, ...scriptOf(route, false, addRound), answer);
    const response = await post(world, route, requests[route].whole);
    expect(response.status).toBe(500);
    expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(answer))).toBe(true);
    await world.ended;
    expect(world.events.at(-1)).toMatchObject({
      ended: { status: "failed", errorType: "server_error", upstreamStatus: 500 },
    });
  });

  const broken: readonly (readonly [string, Answer, string])[] = [
    ["an error", apis[route].error(500, "Oh no."), "Oh no."],
    ["a cut", cutAfter(apis[route].textStream(), 2, "cut"), "connection to the provider was lost"],
  ];
  // proves: tool-loop.upstream-errors
  test.each(broken)(
    "%s in a later round of a stream is an error event",
    async (_title, answer, words) => {
      await using world = await startLoopWorld(tools);
      world.upstream.answer(route, ...scriptOf(route, true, addRound), answer);
      const response = await post(world, route, requests[route].stream);
      const text = await textUntilBroken(response);
      expect(text).toContain(words);
      expect(text).toContain('"error"');
      expect(text).toContain("Se");
      expect(text).not.toMatch(/\[DONE\]|message_stop|response.completed/);
      await world.ended;
      expect(world.events.at(-1)).toMatchObject({ ended: { status: "failed" } });
    },
  );
});

async function textUntilBroken(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
  } catch {
    return text;
  }
  throw new Error(`ended as if it were whole: ${text}`);
}

/** What matters of an event: where it stands and what it says. */
function shown(event: string): unknown {
  const data = /^data: (.*)$/m.exec(event)?.[1];
  if (!data || data === "[DONE]") return data ?? "";
  const json = JSON.parse(data);
  if (json.object) {
    const { id, choices, usage } = json;
    return [id, choices[0]?.delta, choices[0]?.finish_reason, usage ?? undefined];
  }
  const { type, index, sequence_number, output_index, delta, response } = json;
  if (response) {
    return [
      type,
      sequence_number,
      response.id,
      response.output.length,
      response.usage?.total_tokens,
    ];
  }
  if (sequence_number !== undefined) return [type, sequence_number, output_index, delta];
  return [type, index, delta, json.usage, json.message?.id];
}

const messageStart = ["message_start", undefined, undefined, undefined, "r1"];
const textBlock = (index: number, ...texts: string[]) => [
  ["content_block_start", index, undefined, undefined, undefined],
  ...texts.map((text) => [
    "content_block_delta",
    index,
    { type: "text_delta", text },
    undefined,
    undefined,
  ]),
  ["content_block_stop", index, undefined, undefined, undefined],
];
const textItem = (index: number, from: number, ...texts: string[]) => [
  ["response.output_item.added", from, index, undefined],
  ["response.content_part.added", from + 1, index, undefined],
  ...texts.map((text, at) => ["response.output_text.delta", from + 2 + at, index, text]),
  ["response.output_text.done", from + 4, index, undefined],
  ["response.content_part.done", from + 5, index, undefined],
  ["response.output_item.done", from + 6, index, undefined],
];

const expectedStreams: Readonly<Record<Route, unknown[]>> = {
  messages: [
    messageStart,
    ...textBlock(0, "Se", "e."),
    ...textBlock(1, "It i", "s 5."),
    [
      "message_delta",
      undefined,
      { stop_reason: "end_turn", stop_sequence: null },
      { input_tokens: 20, cache_read_input_tokens: 6, output_tokens: 10 },
      undefined,
    ],
    ["message_stop", undefined, undefined, undefined, undefined],
    "",
  ],
  "chat-completions": [
    ["r1", { role: "assistant", content: "", refusal: null }, null, undefined],
    ["r1", { content: "Se" }, null, undefined],
    ["r1", { content: "e." }, null, undefined],
    ["r1", { content: "\n\nIt i" }, null, undefined],
    ["r1", { content: "s 5." }, null, undefined],
    ["r1", {}, "stop", undefined],
    "[DONE]",
    "",
  ],
  responses: [
    ["response.created", 0, "r1", 0, undefined],
    ["response.in_progress", 1, "r1", 0, undefined],
    ...textItem(0, 2, "Se", "e."),
    ...textItem(1, 9, "It i", "s 5."),
    ["response.completed", 16, "r1", 2, 36],
    "",
  ],
};

const messagesTools =
  '"tools":[{"name":"bmcp_srv_add","description":"Tool bmcp_srv_add","input_schema":{"type":"object","properties":{}}}],';
const chatTools =
  '"tools":[{"type":"function","function":{"name":"bmcp_srv_add","description":"Tool bmcp_srv_add","parameters":{"type":"object","properties":{}}}}],';
const responsesTools =
  '"tools":[{"type":"function","name":"bmcp_srv_add","description":"Tool bmcp_srv_add","parameters":{"type":"object","properties":{}},"strict":false}],';

const expectedRequests: Readonly<Record<Route, string[]>> = {
  messages: [
    `{${messagesTools} "model":"claude-x",\n "max_tokens": 64.0, "messages" : [ {"role":"user","content":"h\\u00ef"} ] }`,
    `{${messagesTools} "model":"claude-x",\n "max_tokens": 64.0, "messages" : [ {"role":"user","content":"h\\u00ef"},` +
      '{"role":"assistant","content":[{"type":"thinking","thinking":"h\u00efm \ud83e\udd14","signature":"Sig+/=="},{"type":"text","text":"See."},{"type":"tool_use","id":"c1","name":"bmcp_srv_add","input":{}}]},' +
      '{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"5"}]}]} ] }',
  ],
  "chat-completions": [
    `{${chatTools} "model":"gpt-x",\n "seed": 1e3, "messages" : [ {"role":"user","content":"h\\u00ef"} ] }`,
    `{${chatTools} "model":"gpt-x",\n "seed": 1e3, "messages" : [ {"role":"user","content":"h\\u00ef"},` +
      '{"role":"assistant","content":"See.","refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"bmcp_srv_add","arguments":"{}"}}]},' +
      '{"role":"tool","tool_call_id":"c1","content":"5"} ] }',
  ],
  responses: [
    `{${responsesTools} "model":"gpt-x",\n "top_p": 1.0, "input" : [ {"role":"user","content":"h\\u00ef"} ] }`,
    `{${responsesTools} "model":"gpt-x",\n "top_p": 1.0, "input" : [ {"role":"user","content":"h\\u00ef"},` +
      '{"id":"rs_unstored1_0","type":"reasoning","summary":[{"type":"summary_text","text":"h\u00efm \ud83e\udd14"}],"encrypted_content":"Sig+/=="},' +
      '{"type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"See.","annotations":[]}]},' +
      '{"type":"function_call","call_id":"c1","name":"bmcp_srv_add","arguments":"{}","status":"completed"},' +
      '{"type":"function_call_output","call_id":"c1","output":"5"} ] }',
  ],
};

// proves: tool-loop.request
test("a compressed request goes on plain, and only its first round bears its idempotency key", async () => {
  await using world = await startLoopWorld(tools);
  world.upstream.answer("messages", ...scriptOf("messages", true, addRound, lastRound));
  const headers = {
    "content-type": "application/json",
    "anthropic-version": "2023-06-01",
    "content-encoding": "gzip",
    "idempotency-key": "once",
  };
  const body = gzipSync(requests.messages.stream);
  await (await post(world, "messages", "", { headers, body })).text();
  const [first, second] = world.upstream.requests;
  expect(first?.body.toString()).toContain('"model":"claude-x"');
  expect(first?.header("content-encoding")).toEqual([]);
  expect([first?.header("idempotency-key"), second?.header("idempotency-key")]).toEqual([
    ["once"],
    [],
  ]);
});
