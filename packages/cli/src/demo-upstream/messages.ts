import { randomUUID } from "node:crypto";
import { modelOf } from "./models.ts";
import type { DemoApi, DemoEvent } from "./reply.ts";
import { lastUserText, piecesOf, scriptedAnswer, tokensOf } from "./script.ts";

/**
 * `POST /v1/messages` of the Anthropic API, in the shapes of
 * https://docs.anthropic.com/en/api/messages and .../messages-streaming.
 */
export const messages: DemoApi = (request) => {
  if (!Array.isArray(request.messages)) {
    return { status: 400, message: "messages: Field required" };
  }
  const text = scriptedAnswer(lastUserText(request.messages));
  const input = { input_tokens: tokensOf(JSON.stringify(request.messages)) };
  const usage = {
    ...input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: tokensOf(text),
    service_tier: "standard",
  };
  const message = {
    id: `msg_demo_${randomUUID()}`,
    type: "message",
    role: "assistant",
    model: modelOf(request),
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage,
  };
  return request.stream === true ? { events: eventsOf(message, text) } : { body: message };
};

interface Message {
  readonly usage: { readonly output_tokens: number };
}

function eventsOf(message: Message, text: string): DemoEvent[] {
  const begun = {
    ...message,
    content: [],
    stop_reason: null,
    usage: { ...message.usage, output_tokens: 1 },
  };
  const ended = {
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: message.usage.output_tokens },
  };
  const block = { index: 0 };
  return [
    named("message_start", { message: begun }),
    named("content_block_start", { ...block, content_block: { type: "text", text: "" } }),
    named("ping", {}),
    ...piecesOf(text).map((piece) =>
      named("content_block_delta", { ...block, delta: { type: "text_delta", text: piece } }),
    ),
    named("content_block_stop", block),
    named("message_delta", ended),
    named("message_stop", {}),
  ];
}

function named(type: string, fields: object): DemoEvent {
  return { event: type, data: { type, ...fields } };
}
