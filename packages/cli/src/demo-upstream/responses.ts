import { randomUUID } from "node:crypto";
import { modelOf } from "./models.ts";
import type { DemoApi, DemoEvent } from "./reply.ts";
import { lastUserText, piecesOf, scriptedAnswer, tokensOf } from "./script.ts";

/**
 * `POST /v1/responses` of the OpenAI API, in the shapes of
 * https://platform.openai.com/docs/api-reference/responses and
 * .../responses-streaming.
 */
export const responses: DemoApi = (request) => {
  const { input } = request;
  if (typeof input !== "string" && !Array.isArray(input)) {
    return { status: 400, message: "Missing required parameter: 'input'." };
  }
  const text = scriptedAnswer(lastUserText(input));
  const begun = {
    id: `resp_demo_${randomUUID().replaceAll("-", "")}`,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: null,
    model: modelOf(request),
    output: [],
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
    usage: null,
    user: null,
    metadata: {},
  };
  const item = {
    id: `msg_demo_${randomUUID().replaceAll("-", "")}`,
    type: "message",
    status: "completed",
    role: "assistant",
    content: [textPart(text)],
  };
  const usage = usageOf(JSON.stringify(input), text);
  const completed = { ...begun, status: "completed", output: [item], usage };
  if (request.stream !== true) return { body: completed };
  return { events: eventsOf({ begun, completed, item, text }) };
};

function textPart(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function usageOf(prompt: string, answer: string) {
  const counts = { input_tokens: tokensOf(prompt), output_tokens: tokensOf(answer) };
  return {
    ...counts,
    total_tokens: counts.input_tokens + counts.output_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
}

interface Story {
  readonly begun: object;
  readonly completed: object;
  readonly item: { readonly id: string };
  readonly text: string;
}

function eventsOf({ begun, completed, item, text }: Story): DemoEvent[] {
  const at = { output_index: 0 };
  const inPart = { item_id: item.id, output_index: 0, content_index: 0 };
  const events: [string, object][] = [
    ["response.created", { response: begun }],
    ["response.in_progress", { response: begun }],
    [
      "response.output_item.added",
      { ...at, item: { ...item, status: "in_progress", content: [] } },
    ],
    ["response.content_part.added", { ...inPart, part: textPart("") }],
    ...piecesOf(text).map((delta): [string, object] => [
      "response.output_text.delta",
      { ...inPart, delta, logprobs: [] },
    ]),
    ["response.output_text.done", { ...inPart, text, logprobs: [] }],
    ["response.content_part.done", { ...inPart, part: textPart(text) }],
    ["response.output_item.done", { ...at, item }],
    ["response.completed", { response: completed }],
  ];
  return events.map(([type, fields], sequence_number) => ({
    event: type,
    data: { type, sequence_number, ...fields },
  }));
}
