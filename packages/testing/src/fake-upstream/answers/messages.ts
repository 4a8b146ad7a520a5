import { type Answer, eventStreamAnswer, jsonAnswer } from "../answer.ts";
import { namedEvent, piecesOf } from "../sse.ts";
import { cannedText, type ToolCall } from "../tool-call.ts";

// The shapes follow the Messages API reference and its streaming guide:
// https://platform.claude.com/docs/en/api/messages

const model = "claude-sonnet-4-5-20250929";
const usage = {
  input_tokens: 25,
  cache_creation_input_tokens: 4,
  cache_read_input_tokens: 3,
  cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 0 },
  output_tokens: 7,
  service_tier: "standard",
};

const headers: Answer["headers"] = [
  ["request-id", "req_011CUpstreamMessages"],
  ["anthropic-organization-id", "11111111-2222-4333-8444-555555555555"],
  ["anthropic-ratelimit-requests-limit", "50"],
  ["anthropic-ratelimit-requests-remaining", "49"],
  ["anthropic-ratelimit-requests-reset", "2026-01-01T00:01:00Z"],
  ["anthropic-ratelimit-tokens-remaining", "39000"],
];

function message(content: readonly unknown[], stopReason: string | null) {
  return {
    id: "msg_01UpstreamMessage",
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: stopReason,
    stop_sequence: null,
  };
}

/** A whole message of text. */
export function text(text: string = cannedText): Answer {
  return jsonAnswer(200, headers, {
    ...message([{ type: "text", text }], "end_turn"),
    usage,
  });
}

/** A whole message that calls a tool. */
export function toolCall(call: ToolCall): Answer {
  return jsonAnswer(200, headers, {
    ...message([{ type: "tool_use", ...call }], "tool_use"),
    usage,
  });
}

/** A streamed message of text, an event a word. */
export function textStream(text: string = cannedText): Answer {
  const deltas = piecesOf(text).map((text) => ({ type: "text_delta", text }));
  return stream({ type: "text", text: "" }, deltas, "end_turn");
}

/** A streamed message that calls a tool. Its input comes in two pieces. */
export function toolCallStream(call: ToolCall): Answer {
  const json = JSON.stringify(call.input);
  const half = Math.ceil(json.length / 2);
  const deltas = ["", json.slice(0, half), json.slice(half)].map((partial_json) => ({
    type: "input_json_delta",
    partial_json,
  }));
  return stream({ type: "tool_use", ...call, input: {} }, deltas, "tool_use");
}

/** A streamed message that calls several tools, each with its input in one piece. */
export function toolCallsStream(...calls: readonly ToolCall[]): Answer {
  const { chunks, ...answer } = toolCallStream({ id: "", name: "", input: {} });
  const blocks = calls.flatMap((call, index) => [
    { type: "content_block_start", index, content_block: { type: "tool_use", ...call, input: {} } },
    {
      type: "content_block_delta",
      index,
      delta: { type: "input_json_delta", partial_json: JSON.stringify(call.input) },
    },
    { type: "content_block_stop", index },
  ]);
  const between = blocks.map((event) => Buffer.from(namedEvent(event)));
  return { ...answer, chunks: [...chunks.slice(0, 1), ...between, ...chunks.slice(-2)] };
}

function stream(block: unknown, deltas: readonly unknown[], stopReason: string): Answer {
  return eventStreamAnswer(headers, [
    namedEvent({
      type: "message_start",
      message: { ...message([], null), usage: { ...usage, output_tokens: 1 } },
    }),
    namedEvent({ type: "content_block_start", index: 0, content_block: block }),
    namedEvent({ type: "ping" }),
    ...deltas.map((delta) => namedEvent({ type: "content_block_delta", index: 0, delta })),
    namedEvent({ type: "content_block_stop", index: 0 }),
    namedEvent({
      type: "message_delta",
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    }),
    namedEvent({ type: "message_stop" }),
  ]);
}

/** A stream that says half a text and then breaks off with an `error` event. */
export function errorMidStream(): Answer {
  const whole = textStream();
  const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  return {
    ...whole,
    chunks: [...whole.chunks.slice(0, 4), Buffer.from(namedEvent(overloaded))],
  };
}

const errors: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ["invalid_request_error", "messages: Field required"],
  401: ["authentication_error", "invalid x-api-key"],
  403: ["permission_error", "Your API key does not have permission to use this resource."],
  404: ["not_found_error", "model: claude-unknown"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your rate limit."],
  500: ["api_error", "Internal server error"],
  529: ["overloaded_error", "Overloaded"],
};

/** An error as Anthropic words it: 429 with `retry-after` and the limit that was reached. */
export function error(status: number, message?: string): Answer {
  const [type, usual] = errors[status] ?? ["api_error", "Internal server error"];
  const requestId = `req_011CUpstream${status}`;
  const limited: Answer["headers"] =
    status === 429
      ? [
          ["retry-after", "17"],
          ["anthropic-ratelimit-requests-limit", "50"],
          ["anthropic-ratelimit-requests-remaining", "0"],
          ["anthropic-ratelimit-requests-reset", "2026-01-01T00:01:00Z"],
        ]
      : [];
  return jsonAnswer(
    status,
    [["request-id", requestId], ["x-should-retry", status >= 429 ? "true" : "false"], ...limited],
    { type: "error", error: { type, message: message ?? usual }, request_id: requestId },
  );
}

/** The answer of `count_tokens`. */
export function tokenCount(): Answer {
  return jsonAnswer(200, headers, { input_tokens: 25 });
}

/** One page of Anthropic's models. */
export function models(): Answer {
  return jsonAnswer(200, headers, {
    data: [
      {
        type: "model",
        id: model,
        display_name: "Claude Sonnet 4.5",
        created_at: "2025-09-29T00:00:00Z",
      },
    ],
    has_more: false,
    first_id: model,
    last_id: model,
  });
}
