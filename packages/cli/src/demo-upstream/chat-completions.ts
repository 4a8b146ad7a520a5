import { randomUUID } from "node:crypto";
import { modelOf } from "./models.ts";
import type { DemoApi, DemoEvent, DemoRequest } from "./reply.ts";
import { lastUserText, piecesOf, scriptedAnswer, tokensOf } from "./script.ts";

/**
 * `POST /v1/chat/completions` of the OpenAI API, in the shapes of
 * https://platform.openai.com/docs/api-reference/chat and .../chat-streaming.
 */
export const chatCompletions: DemoApi = (request) => {
  if (!Array.isArray(request.messages)) {
    return { status: 400, message: "Missing required parameter: 'messages'." };
  }
  const text = scriptedAnswer(lastUserText(request.messages));
  const head = {
    id: `chatcmpl-demo-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: modelOf(request),
    service_tier: "default",
  };
  const usage = usageOf(JSON.stringify(request.messages), text);
  if (request.stream === true) {
    const chunk = { ...head, object: "chat.completion.chunk" };
    return { events: eventsOf(chunk, text, includesUsage(request) ? usage : undefined) };
  }
  const message = { role: "assistant", content: text, refusal: null, annotations: [] };
  const choice = { index: 0, message, logprobs: null, finish_reason: "stop" };
  return { body: { ...head, object: "chat.completion", choices: [choice], usage } };
};

function usageOf(prompt: string, answer: string) {
  const counts = { prompt_tokens: tokensOf(prompt), completion_tokens: tokensOf(answer) };
  return {
    ...counts,
    total_tokens: counts.prompt_tokens + counts.completion_tokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** A stream carries usage only if it was asked to. */
function includesUsage({ stream_options }: DemoRequest): boolean {
  return (
    typeof stream_options === "object" &&
    stream_options !== null &&
    "include_usage" in stream_options &&
    stream_options.include_usage === true
  );
}

function eventsOf(chunk: object, text: string, usage: object | undefined): DemoEvent[] {
  // With usage asked for, every chunk but the last says null (the API's reference).
  const none = usage === undefined ? {} : { usage: null };
  const delta = (fields: object, finish_reason: string | null = null): DemoEvent => ({
    data: {
      ...chunk,
      choices: [{ index: 0, delta: fields, logprobs: null, finish_reason }],
      ...none,
    },
  });
  return [
    delta({ role: "assistant", content: "", refusal: null }),
    ...piecesOf(text).map((content) => delta({ content })),
    delta({}, "stop"),
    ...(usage === undefined ? [] : [{ data: { ...chunk, choices: [], usage } }]),
    { data: "[DONE]" },
  ];
}
