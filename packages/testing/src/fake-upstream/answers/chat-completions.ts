import { type Answer, eventStreamAnswer, jsonAnswer } from "../answer.ts";
import { dataEvent, piecesOf } from "../sse.ts";
import { cannedText, type ToolCall } from "../tool-call.ts";
import { openaiHeaders } from "./openai.ts";

// The shapes follow https://platform.openai.com/docs/api-reference/chat

export { error, models } from "./openai.ts";

const usage = {
  prompt_tokens: 25,
  completion_tokens: 7,
  total_tokens: 32,
  prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 2,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

const common = {
  id: "chatcmpl-UpstreamCompletion",
  created: 1_767_225_600,
  model: "gpt-5.2-2026-01-01",
  service_tier: "default",
  system_fingerprint: "fp_upstream",
};

function toolCallOf(call: ToolCall, args: string) {
  return { id: call.id, type: "function", function: { name: call.name, arguments: args } };
}

function completion(message: object, finishReason: string): Answer {
  return jsonAnswer(200, openaiHeaders, {
    ...common,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", refusal: null, annotations: [], ...message },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage,
  });
}

/** A whole completion of text. */
export function text(text: string = cannedText): Answer {
  return completion({ content: text }, "stop");
}

/** A whole completion that calls a tool. */
export function toolCall(call: ToolCall): Answer {
  return completion(
    { content: null, tool_calls: [toolCallOf(call, JSON.stringify(call.input))] },
    "tool_calls",
  );
}

/** How a stream treats usage: as OpenAI does, a last chunk with no choices, if it was asked for. */
export interface StreamOptions {
  /** Whether the request set `stream_options.include_usage`. */
  readonly includeUsage?: boolean;
}

/** A streamed completion of text, an event a word. */
export function textStream(text: string = cannedText, options: StreamOptions = {}): Answer {
  return stream(
    [
      { role: "assistant", content: "", refusal: null },
      ...piecesOf(text).map((content) => ({ content })),
    ],
    "stop",
    options,
  );
}

/** A streamed completion that calls a tool. Its arguments come in two pieces. */
export function toolCallStream(call: ToolCall, options: StreamOptions = {}): Answer {
  const json = JSON.stringify(call.input);
  const half = Math.ceil(json.length / 2);
  const pieces = [json.slice(0, half), json.slice(half)].map((piece) => ({
    tool_calls: [{ index: 0, function: { arguments: piece } }],
  }));
  return stream(
    [
      { role: "assistant", content: null, tool_calls: [{ index: 0, ...toolCallOf(call, "") }] },
      ...pieces,
    ],
    "tool_calls",
    options,
  );
}

function chunk(choices: readonly unknown[], rest: object): string {
  return dataEvent({ ...common, object: "chat.completion.chunk", choices, ...rest });
}

function stream(deltas: readonly object[], finishReason: string, options: StreamOptions): Answer {
  const noUsage = options.includeUsage ? { usage: null } : {};
  const choice = (delta: object, finish_reason: string | null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason }], noUsage);
  return eventStreamAnswer(openaiHeaders, [
    ...deltas.map((delta) => choice(delta, null)),
    choice({}, finishReason),
    ...(options.includeUsage ? [chunk([], { usage })] : []),
    dataEvent("[DONE]"),
  ]);
}

/** A stream that says half a text and then breaks off with an error event. */
export function errorMidStream(): Answer {
  const whole = textStream();
  const error = {
    error: {
      message: "The server had an error while processing your request.",
      type: "server_error",
      param: null,
      code: null,
    },
  };
  return { ...whole, chunks: [...whole.chunks.slice(0, 2), Buffer.from(dataEvent(error))] };
}
