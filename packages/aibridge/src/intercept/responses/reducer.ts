import type { ThoughtFacts, ToolUsageFacts } from "../answer.ts";
import { AnswerDraft, type AnswerReducer, type UsageCounters } from "../answer-draft.ts";
import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { type OutputItem, outputItemFrom } from "./output-item.ts";
import { usageCounters } from "./usage.ts";

/**
 * Reads the events of a response:
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function createReducer(): AnswerReducer {
  return new ResponsesReducer();
}

/** As the provider writes it; written otherwise, it is read like any other event. */
const textDelta = '{"type":"response.output_text.delta"';

class ResponsesReducer implements AnswerReducer {
  readonly draft = new AnswerDraft();
  #usage: JsonObject | undefined;
  #serviceTier = "";
  /** Those that become facts, by their index. */
  readonly #items = new Map<number, OutputItem>();
  #hasCommentary = false;

  take(event: JsonObject): void {
    switch (event.type) {
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
      case "response.cancelled":
        this.#takeResponse(objectFrom(event.response));
        this.#takeOutput(objectsFrom(objectFrom(event.response).output));
        this.draft.ended = true;
        return;
      case "response.output_item.added":
      case "response.output_item.done":
        this.#takeItem(event.output_index, objectFrom(event.item));
        return;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
      case "response.reasoning_summary_text.delta":
      case "response.output_text.delta":
        this.#append(event);
        return;
      case "error":
        this.draft.fail({ ...objectFrom(event.error), ...event, type: errorType(event) });
        return;
      default:
        // `response.created`, `response.in_progress`, `response.queued`.
        if (isObject(event.response)) this.#takeResponse(event.response);
    }
  }

  /** Words of a message are kept only where the message is commentary. */
  overlooks(eventText: string): boolean {
    return !this.#hasCommentary && eventText.startsWith(textDelta);
  }

  usage(): UsageCounters | undefined {
    return this.#usage && usageCounters(this.#usage, this.#serviceTier);
  }

  toolUsages(): ToolUsageFacts[] {
    return this.#inOrder().flatMap((item) =>
      item.kind === "tool"
        ? [{ providerToolCallId: item.callId, tool: item.name, arguments: item.arguments }]
        : [],
    );
  }

  thoughts(): ThoughtFacts[] {
    return this.#inOrder().flatMap((item) =>
      item.kind === "tool"
        ? []
        : item.texts.filter((text) => text).map((text) => ({ thoughtKind: item.kind, text })),
    );
  }

  #takeResponse(response: JsonObject): void {
    this.draft.identify(response);
    // What was asked for, until the last event says what it became.
    this.#serviceTier = textFrom(response.service_tier) || this.#serviceTier;
    if (isObject(response.usage)) this.#usage = response.usage;
    if (isObject(response.error)) this.draft.fail(response.error);
  }

  /** Some providers leave the last event's output empty: then the items' own events count. */
  #takeOutput(output: readonly JsonObject[]): void {
    for (const [index, item] of output.entries()) this.#takeItem(index, item);
  }

  /** Each event about an item bears all of it, so the newest is the truest. */
  #takeItem(index: unknown, json: JsonObject): void {
    const item = outputItemFrom(json, this.draft);
    if (!item || typeof index !== "number") return;
    this.#items.set(index, item);
    this.#hasCommentary ||= item.kind === "commentary";
  }

  /** Only for what is cut before its item is done. */
  #append({ output_index, summary_index, content_index, delta }: JsonObject): void {
    const item = typeof output_index === "number" ? this.#items.get(output_index) : undefined;
    if (item?.kind === "tool") item.arguments += this.draft.keep(delta);
    else if (item) appendAt(item.texts, summary_index ?? content_index, this.draft.keep(delta));
  }

  #inOrder(): OutputItem[] {
    return [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
  }
}

/** More parts than an item has; a stranger's number must not size an array. */
const partsMax = 256;

function appendAt(texts: string[], position: unknown, delta: string): void {
  if (typeof position !== "number" || !(position >= 0 && position < partsMax)) return;
  while (texts.length <= position) texts.push("");
  texts[position] += delta;
}

/** Of a stream's event, its code; of a refused request, what its body calls the type. */
function errorType({ kind, error, code }: JsonObject): string {
  return textFrom(kind) || textFrom(objectFrom(error).type) || textFrom(code);
}
