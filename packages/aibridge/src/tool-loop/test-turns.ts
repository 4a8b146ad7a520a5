import type { Answer, ReceivedRequest } from "@aibridge/testing/fake-upstream";
import { eventStreamAnswer, jsonAnswer } from "@aibridge/testing/fake-upstream";

/** The routes of the three formats. */
export type Route = "messages" | "chat-completions" | "responses";

/** A piece of what a model says, in no format yet. */
export type Part =
  | { readonly text: string }
  | { readonly thinking: string; readonly signature: string }
  | { readonly call: string; readonly name: string; readonly args: string };

/** One upstream round: its parts, and why the model stopped. */
export interface Round {
  readonly id: string;
  readonly parts: readonly Part[];
  readonly stop?: "end" | "tools" | "length";
}

/** The answers of rounds, as one of the providers sends them. */
export function scriptOf(
  route: Route,
  streaming: boolean,
  ...rounds: readonly Round[]
): ((request: ReceivedRequest) => Answer)[] {
  return rounds.map((round) => (request) => {
    // A response repeats the tools of its request.
    const { tools = [] } = JSON.parse(request.body.toString());
    const headers: Answer["headers"] = [["x-round", round.id]];
    return streaming
      ? eventStreamAnswer(headers, streamOf(route, round, tools))
      : jsonAnswer(200, headers, wholeOf(route, round, tools));
  });
}

/** The events of a round. */
export function streamOf(route: Route, round: Round, tools: readonly unknown[] = []): string[] {
  const streams = { messages: messageStream, "chat-completions": completionStream };
  return route === "responses" ? responseStream(round, tools) : streams[route](round);
}

/** The body of a round that comes whole. */
export function wholeOf(route: Route, round: Round, tools: readonly unknown[] = []): object {
  const whole = { messages: message, "chat-completions": completion };
  return route === "responses" ? response(round, tools) : whole[route](round);
}

function stopOf({ stop, parts }: Round): "end" | "tools" | "length" {
  return stop ?? (parts.some((part) => "call" in part) ? "tools" : "end");
}

interface TypedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

function event(data: TypedEvent): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function halves(text: string): string[] {
  const half = Math.ceil(text.length / 2);
  return [text.slice(0, half), text.slice(half)];
}

// Messages.

const stopReasons = { end: "end_turn", tools: "tool_use", length: "max_tokens" };

function message(round: Round) {
  return {
    ...openMessage(round),
    content: round.parts.map(contentBlock),
    stop_reason: stopReasons[stopOf(round)],
    usage: { input_tokens: 10, cache_read_input_tokens: 3, output_tokens: 5 },
  };
}

function openMessage({ id }: Round) {
  return {
    id,
    type: "message",
    role: "assistant",
    model: "claude-x",
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 3, output_tokens: 1 },
  };
}

function contentBlock(part: Part) {
  if ("text" in part) return { type: "text", text: part.text };
  if ("thinking" in part) return { type: "thinking", ...part };
  return { type: "tool_use", id: part.call, name: part.name, input: inputOf(part.args) };
}

function inputOf(args: string): unknown {
  return JSON.parse(args === "" ? "{}" : args);
}

function messageStream(round: Round): string[] {
  const delta = { stop_reason: stopReasons[stopOf(round)], stop_sequence: null };
  return [
    event({ type: "message_start", message: openMessage(round) }),
    ...round.parts.flatMap(blockEvents),
    event({ type: "message_delta", delta, usage: { output_tokens: 5 } }),
    event({ type: "message_stop" }),
  ];
}

function blockEvents(part: Part, index: number): string[] {
  const start = (content_block: object) =>
    event({ type: "content_block_start", index, content_block });
  const delta = (delta: object) => event({ type: "content_block_delta", index, delta });
  const stop = event({ type: "content_block_stop", index });
  if ("text" in part) {
    const deltas = halves(part.text).map((text) => delta({ type: "text_delta", text }));
    return [start({ type: "text", text: "" }), ...deltas, stop];
  }
  if ("thinking" in part) {
    const { thinking, signature } = part;
    return [
      start({ type: "thinking", thinking: "", signature: "" }),
      ...halves(thinking).map((piece) => delta({ type: "thinking_delta", thinking: piece })),
      delta({ type: "signature_delta", signature }),
      stop,
    ];
  }
  const { call, name, args } = part;
  const pieces = halves(args).map((partial_json) =>
    delta({ type: "input_json_delta", partial_json }),
  );
  return [start({ type: "tool_use", id: call, name, input: {} }), ...pieces, stop];
}

// Chat Completions.

const finishReasons = { end: "stop", tools: "tool_calls", length: "length" };
const chatUsage = {
  prompt_tokens: 13,
  completion_tokens: 5,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 3 },
};

function textIn(parts: readonly Part[]): string | null {
  const texts = parts.flatMap((part) => ("text" in part ? [part.text] : []));
  return texts.length > 0 ? texts.join("") : null;
}

function callsIn(parts: readonly Part[]) {
  return parts.flatMap((part) =>
    "call" in part
      ? [{ id: part.call, type: "function", function: { name: part.name, arguments: part.args } }]
      : [],
  );
}

function completion(round: Round) {
  const { id, parts } = round;
  const tool_calls = callsIn(parts);
  const calls = tool_calls.length > 0 ? { tool_calls } : {};
  const message = { role: "assistant", content: textIn(parts), refusal: null, ...calls };
  const finish_reason = finishReasons[stopOf(round)];
  return {
    id,
    object: "chat.completion",
    created: 1_767_225_600,
    model: "gpt-x",
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: chatUsage,
  };
}

function completionStream(round: Round): string[] {
  const { id, parts } = round;
  const common = {
    id,
    object: "chat.completion.chunk",
    created: 1_767_225_600,
    model: "gpt-x",
  };
  const data = (json: object) => `data: ${JSON.stringify({ ...common, ...json })}\n\n`;
  const chunk = (delta: object, finish_reason: string | null = null) =>
    data({ choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null });
  const texts = parts.flatMap((part) => ("text" in part ? halves(part.text) : []));
  const content = texts.length > 0 ? "" : null;
  return [
    chunk({ role: "assistant", content, refusal: null }),
    ...texts.map((text) => chunk({ content: text })),
    ...callsIn(parts).flatMap((call, index) => [
      chunk({
        tool_calls: [{ ...call, index, function: { ...call.function, arguments: "" } }],
      }),
      ...halves(call.function.arguments).map((piece) =>
        chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
      ),
    ]),
    chunk({}, finishReasons[stopOf(round)]),
    data({ choices: [], usage: chatUsage }),
    "data: [DONE]\n\n",
  ];
}

// Responses.

const responseUsage = {
  input_tokens: 13,
  input_tokens_details: { cached_tokens: 3 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 1 },
  total_tokens: 18,
};

function response(round: Round, tools: readonly unknown[]) {
  const isCut = stopOf(round) === "length";
  return {
    ...openResponse(round, tools),
    status: isCut ? "incomplete" : "completed",
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
    output: round.parts.map((part, at) => outputItem(part, `${round.id}_${at}`)),
    usage: responseUsage,
  };
}

function openResponse({ id }: Round, tools: readonly unknown[]) {
  return {
    id,
    object: "response",
    created_at: 1_767_225_600,
    status: "in_progress",
    error: null,
    incomplete_details: null as object | null,
    instructions: null,
    model: "gpt-x",
    output: [] as unknown[],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: !id.includes("unstored"),
    tool_choice: "auto",
    tools,
    usage: null as object | null,
  };
}

function outputItem(part: Part, id: string) {
  if ("text" in part) {
    const content = [{ type: "output_text", text: part.text, annotations: [] }];
    return { type: "message", id: `msg_${id}`, status: "completed", role: "assistant", content };
  }
  if ("thinking" in part) {
    const summary = [{ type: "summary_text", text: part.thinking }];
    return { type: "reasoning", id: `rs_${id}`, summary, encrypted_content: part.signature };
  }
  const { call: call_id, name, args } = part;
  const call = { type: "function_call", id: `fc_${id}`, call_id, name, arguments: args };
  return { ...call, status: "completed" };
}

function responseStream(round: Round, tools: readonly unknown[]): string[] {
  const begun = openResponse(round, tools);
  const events: TypedEvent[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...round.parts.flatMap((part, at) => itemEvents(part, at, `${round.id}_${at}`)),
    {
      type: stopOf(round) === "length" ? "response.incomplete" : "response.completed",
      response: response(round, tools),
    },
  ];
  return events.map((data, sequence_number) => event({ ...data, sequence_number }));
}

function itemEvents(part: Part, output_index: number, name: string): TypedEvent[] {
  const item = outputItem(part, name);
  const at = { item_id: item.id, output_index };
  const added = (item: object): TypedEvent => ({
    type: "response.output_item.added",
    output_index,
    item,
  });
  const done = { type: "response.output_item.done", output_index, item };
  if ("text" in part) {
    const { text } = part;
    const begun = { type: "output_text", text: "", annotations: [] };
    const place = { ...at, content_index: 0 };
    return [
      added({ ...item, status: "in_progress", content: [] }),
      { type: "response.content_part.added", ...place, part: begun },
      ...halves(text).map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
      { type: "response.output_text.done", ...place, text },
      { type: "response.content_part.done", ...place, part: { ...begun, text } },
      done,
    ];
  }
  if ("thinking" in part) return [added({ ...item, summary: [] }), done];
  return [
    added({ ...item, status: "in_progress", arguments: "" }),
    ...halves(part.args).map((delta) => ({
      type: "response.function_call_arguments.delta",
      ...at,
      delta,
    })),
    {
      type: "response.function_call_arguments.done",
      ...at,
      name: part.name,
      arguments: part.args,
    },
    done,
  ];
}
