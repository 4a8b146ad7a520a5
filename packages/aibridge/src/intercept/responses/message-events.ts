import type { JsonObject } from "../json.ts";

type TypedEvent = JsonObject & { readonly type: string };

/** A message of our own words, and the events by which a stream tells it. Numbered by who sends them. */
export function messageEvents(
  id: string,
  output_index: number,
  text: string,
): { item: JsonObject; events: TypedEvent[] } {
  const message = { type: "message", id, role: "assistant" };
  const part = { type: "output_text", text, annotations: [], logprobs: [] };
  const item = { ...message, status: "completed", content: [part] };
  const at = { item_id: id, output_index, content_index: 0 };
  const begun = { ...message, status: "in_progress", content: [] };
  const events = [
    { type: "response.output_item.added", output_index, item: begun },
    { type: "response.content_part.added", ...at, part: { ...part, text: "" } },
    { type: "response.output_text.delta", ...at, delta: text, logprobs: [] },
    { type: "response.output_text.done", ...at, text, logprobs: [] },
    { type: "response.content_part.done", ...at, part },
    { type: "response.output_item.done", output_index, item },
  ];
  return { item, events: events.map((event) => ({ ...event, sequence_number: 0 })) };
}
