import { expect, test } from "@jest/globals";
import type { AnswerFacts } from "./answer.ts";
import { chatCompletions } from "./chat-completions/format.ts";
import type { Format } from "./format.ts";
import { messages } from "./messages/format.ts";
import { responses } from "./responses/format.ts";

// What providers do beside their documentation, or beyond reason.

test("a null in a later usage object overrides nothing", () => {
  const { usage } = stream(messages, [
    { type: "message_start", message: { usage: { input_tokens: 7, output_tokens: 1 } } },
    { type: "message_delta", usage: { input_tokens: null, output_tokens: 5, speed: null } },
    { type: "message_stop" },
  ]);
  expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 5, partial: false });
  expect(usage?.rawUsage).toBe('{"input_tokens":7,"output_tokens":5,"speed":null}');
});

test("of several cumulative message_delta events the last wins", () => {
  const { usage } = stream(messages, [
    { type: "message_start", message: { usage: { input_tokens: 7, output_tokens: 1 } } },
    { type: "message_delta", usage: { output_tokens: 5 } },
    { type: "message_delta", usage: { output_tokens: 9 } },
  ]);
  expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 9 });
});

test("more cached than input tokens leave no input, not less than none", () => {
  const prompt = { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 8 } };
  const input = {
    input_tokens: 5,
    input_tokens_details: { cached_tokens: 3, cache_write_tokens: 3 },
  };
  expect(stream(chatCompletions, [{ choices: [], usage: prompt }]).usage?.inputTokens).toBe(0);
  expect(
    stream(responses, [{ type: "response.completed", response: { usage: input } }]).usage,
  ).toMatchObject({ inputTokens: 0, cacheReadTokens: 3, cacheWriteTokens: 3 });
});

// proves: hostile.sse-bombs
test("usage of more levels than the stack has room for is a problem, and no exception", () => {
  // Below what is looked over before it is parsed, above what JSON.stringify can write.
  const usage = JSON.parse(`${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`);
  const text = `{"type":"message_start","message":{"id":"msg","usage":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}}}`;
  expect(() => JSON.stringify(usage)).toThrow("call stack");
  const reader = messages.createReader("stream");
  reader.read(Buffer.from(`data: ${text}\n\n`));
  expect(reader.finish(true)).toMatchObject({
    responseId: "msg",
    usage: undefined,
    problem: "the reader failed unexpectedly",
  });
});

test.each([-1, 1.5, "7", null, 2 ** 53, {}])("%j is no count of tokens", (value) => {
  const usage = { prompt_tokens: value, completion_tokens: value, x: { y: value } };
  expect(stream(chatCompletions, [{ choices: [], usage }]).usage).toMatchObject({
    inputTokens: 0,
    outputTokens: 0,
    extraTokens: {},
  });
});

test("usage in every chunk of a chat: the last wins, and no [DONE] is needed to be whole", () => {
  const { usage } = stream(chatCompletions, [
    { choices: [{ index: 0, delta: {} }], usage: { completion_tokens: 1 } },
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: { completion_tokens: 2 } },
  ]);
  expect(usage).toMatchObject({ outputTokens: 2, partial: false });
});

test("an empty id and model in a first chunk don't hide the real ones", () => {
  const { responseId, model } = stream(chatCompletions, [
    { id: "", model: "", choices: [], prompt_filter_results: [] },
    { id: "chatcmpl-1", model: "gpt-x", choices: [] },
  ]);
  expect([responseId, model]).toEqual(["chatcmpl-1", "gpt-x"]);
});

test("chat calls that all bear index 0, or none, are told apart by their ids", () => {
  const call = (id: string, args: string, index?: number) => ({
    choices: [
      {
        index: 0,
        delta: { tool_calls: [{ id, index, function: { name: "f", arguments: args } }] },
      },
    ],
  });
  for (const index of [0, undefined]) {
    const { toolUsages } = stream(chatCompletions, [call("a", "1", index), call("b", "2", index)]);
    expect(toolUsages).toEqual([
      { providerToolCallId: "a", tool: "f", arguments: "1" },
      { providerToolCallId: "b", tool: "f", arguments: "2" },
    ]);
  }
});

test("calls of several choices don't mix", () => {
  const delta = (choice: number, args: string) => ({
    choices: [
      { index: choice, delta: { tool_calls: [{ index: 0, function: { arguments: args } }] } },
    ],
  });
  const { toolUsages } = stream(chatCompletions, [delta(0, "a"), delta(1, "x"), delta(0, "b")]);
  expect(toolUsages.map((call) => call.arguments)).toEqual(["ab", "x"]);
});

test("a completed response that doesn't repeat its output keeps the items that came before", () => {
  const item = { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}" };
  const { toolUsages } = stream(responses, [
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id: "resp_1", output: [] } },
  ]);
  expect(toolUsages).toEqual([{ providerToolCallId: "call_1", tool: "f", arguments: "{}" }]);
});

test("a cut response keeps the thoughts that came, and one cut short as far as it came", () => {
  const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
  const delta = { type: "response.reasoning_summary_text.delta", output_index: 0 };
  const { thoughts } = stream(
    responses,
    [
      { type: "response.output_item.added", output_index: 0, item: reasoning },
      { ...delta, summary_index: 0, delta: "One." },
      { ...delta, summary_index: 1, delta: "Tw" },
      { ...delta, summary_index: 1e9, delta: "no such part" },
    ],
    false,
  );
  expect(thoughts).toEqual([
    { thoughtKind: "reasoning_summary", text: "One." },
    { thoughtKind: "reasoning_summary", text: "Tw" },
  ]);
});

test("a provider's error message is kept to 1,024 characters", () => {
  const error = { type: "api_error", message: "x".repeat(5_000) };
  expect(stream(messages, [{ type: "error", error }]).errorEvent).toHaveLength(1_024);
});

function stream(format: Format, events: readonly object[], complete = true): AnswerFacts {
  const reader = format.createReader("stream");
  for (const event of events) reader.read(Buffer.from(`data: ${JSON.stringify(event)}\n\n`));
  return reader.finish(complete);
}
