import { type Answer, eventStreamAnswer, jsonAnswer } from "../answer.ts";
import { namedEvent, piecesOf } from "../sse.ts";
import { cannedText, type ToolCall } from "../tool-call.ts";
import { openaiHeaders } from "./openai.ts";

// The shapes follow https://platform.openai.com/docs/api-reference/responses
// and its reference of streaming events.

export { error, models } from "./openai.ts";

const usage = {
  input_tokens: 25,
  input_tokens_details: { cached_tokens: 3, cache_write_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 32,
};

function response(status: string, output: readonly unknown[], usage: object | null) {
  return {
    id: "resp_upstream",
    object: "response",
    created_at: 1_767_225_600,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: "gpt-5.2-2026-01-01",
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: "default",
    store: false,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    usage,
    user: null,
    metadata: {},
  };
}

function messageItem(status: string, content: readonly unknown[]) {
  return { type: "message", id: "msg_upstream", status, role: "assistant", content };
}

function textPart(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function callItem(status: string, call: ToolCall, args: string) {
  return {
    type: "function_call",
    id: "fc_upstream",
    status,
    call_id: call.id,
    name: call.name,
    arguments: args,
  };
}

/** A whole response of text. */
export function text(text: string = cannedText): Answer {
  return completed(messageItem("completed", [textPart(text)]));
}

/** A whole response that calls a tool. */
export function toolCall(call: ToolCall): Answer {
  return completed(callItem("completed", call, JSON.stringify(call.input)));
}

function completed(item: object): Answer {
  return jsonAnswer(200, openaiHeaders, response("completed", [item], usage));
}

/** A streamed response of text, an event a word. */
export function textStream(text: string = cannedText): Answer {
  const at = { item_id: "msg_upstream", output_index: 0, content_index: 0 };
  const item = messageItem("completed", [textPart(text)]);
  return stream(messageItem("in_progress", []), item, [
    { type: "response.content_part.added", ...at, part: textPart("") },
    ...piecesOf(text).map((delta) => ({
      type: "response.output_text.delta",
      ...at,
      delta,
      logprobs: [],
    })),
    { type: "response.output_text.done", ...at, text, logprobs: [] },
    { type: "response.content_part.done", ...at, part: textPart(text) },
  ]);
}

/** A streamed response that calls a tool. Its arguments come in two pieces. */
export function toolCallStream(call: ToolCall): Answer {
  const at = { item_id: "fc_upstream", output_index: 0 };
  const json = JSON.stringify(call.input);
  const half = Math.ceil(json.length / 2);
  return stream(callItem("in_progress", call, ""), callItem("completed", call, json), [
    ...[json.slice(0, half), json.slice(half)].map((delta) => ({
      type: "response.function_call_arguments.delta",
      ...at,
      delta,
    })),
    { type: "response.function_call_arguments.done", ...at, name: call.name, arguments: json },
  ]);
}

/** A streamed response that calls several tools, each item complete as it comes. */
export function toolCallsStream(...calls: readonly ToolCall[]): Answer {
  const items = calls.map((call, at) => ({
    ...callItem("completed", call, JSON.stringify(call.input)),
    id: `fc_upstream_${at}`,
  }));
  const events = items.flatMap((item, output_index) => [
    { type: "response.output_item.added", output_index, item: { ...item, arguments: "" } },
    { type: "response.output_item.done", output_index, item },
  ]);
  const created = { type: "response.created", response: response("in_progress", [], null) };
  const completed = { type: "response.completed", response: response("completed", items, usage) };
  return eventStreamAnswer(openaiHeaders, numbered([created, ...events, completed]));
}

interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

function numbered(events: readonly StreamEvent[]): string[] {
  return events.map((event, sequence_number) => namedEvent({ ...event, sequence_number }));
}

function stream(begun: object, done: object, between: readonly StreamEvent[]): Answer {
  const created = response("in_progress", [], null);
  const events: readonly StreamEvent[] = [
    { type: "response.created", response: created },
    { type: "response.in_progress", response: created },
    { type: "response.output_item.added", output_index: 0, item: begun },
  ];
  const ending: readonly StreamEvent[] = [
    { type: "response.output_item.done", output_index: 0, item: done },
    { type: "response.completed", response: response("completed", [done], usage) },
  ];
  return eventStreamAnswer(openaiHeaders, numbered([...events, ...between, ...ending]));
}

/** A stream that says half a text and then breaks off with an `error` event. */
export function errorMidStream(): Answer {
  const whole = textStream();
  const error = {
    type: "error",
    code: "server_error",
    message: "The server had an error while processing your request.",
    param: null,
    sequence_number: 5,
  };
  return { ...whole, chunks: [...whole.chunks.slice(0, 5), Buffer.from(namedEvent(error))] };
}
