import { parseBoundedJson } from "../../bounded-json.ts";
import type { ThoughtFacts, ToolUsageFacts } from "../answer.ts";
import { AnswerDraft, type AnswerReducer, type UsageCounters } from "../answer-draft.ts";
import { isObject, type JsonObject, objectFrom, textFrom } from "../json.ts";
import { mergeUsage, usageCounters } from "./usage.ts";

/**
 * Reads the events of a message:
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function createReducer(): AnswerReducer {
  return new MessagesReducer();
}

type Block =
  | { readonly kind: "tool"; readonly id: string; readonly name: string; input: string }
  | { readonly kind: "thinking"; text: string };

/** As the provider writes them; written otherwise, they are read like any other event. */
const delta = '{"type":"content_block_delta"';
const textDelta = '"delta":{"type":"text_delta"';

class MessagesReducer implements AnswerReducer {
  readonly draft = new AnswerDraft();
  #usage: JsonObject | undefined;
  /** Those that become facts, by their index. Insertion order is the answer's. */
  readonly #blocks = new Map<unknown, Block>();

  take(event: JsonObject): void {
    switch (event.type) {
      case "message_start": {
        const message = objectFrom(event.message);
        this.draft.identify(message);
        this.#usage = mergeUsage(this.#usage, message.usage);
        return;
      }
      case "message_delta":
        this.#usage = mergeUsage(this.#usage, event.usage);
        return;
      case "content_block_start":
        this.#start(event.index, objectFrom(event.content_block));
        return;
      case "content_block_delta":
        this.#append(event.index, objectFrom(event.delta));
        return;
      case "message_stop":
        this.draft.ended = true;
        return;
      case "error":
        this.draft.fail(objectFrom(event.error));
    }
  }

  /** In a JSON text the quotes of a string are escaped, so `textDelta` is in none. */
  overlooks(eventText: string): boolean {
    return eventText.startsWith(delta) && eventText.includes(textDelta, delta.length);
  }

  usage(): UsageCounters | undefined {
    return this.#usage && usageCounters(this.#usage);
  }

  toolUsages(): ToolUsageFacts[] {
    return [...this.#blocks.values()]
      .filter((block) => block.kind === "tool")
      .map(({ id, name, input }) => ({
        providerToolCallId: id,
        tool: name,
        arguments: normalizedJson(input),
      }));
  }

  thoughts(): ThoughtFacts[] {
    return [...this.#blocks.values()]
      .filter((block) => block.kind === "thinking" && block.text !== "")
      .map((block) => ({
        thoughtKind: "thinking",
        text: block.kind === "thinking" ? block.text : "",
      }));
  }

  /** Redacted thinking has a type of its own, so it is not read. */
  #start(index: unknown, block: JsonObject): void {
    const type = textFrom(block.type);
    // `tool_use`, and those that the provider runs: `server_tool_use`, `mcp_tool_use`.
    if (type.endsWith("tool_use")) {
      this.draft.keepEntry();
      const id = this.draft.keep(block.id);
      const name = this.draft.keep(block.name);
      this.#blocks.set(index, { kind: "tool", id, name, input: this.#wholeInput(block.input) });
    } else if (type === "thinking") {
      this.draft.keepEntry();
      this.#blocks.set(index, { kind: "thinking", text: this.draft.keep(block.thinking) });
    }
  }

  /** A stream starts a call with an empty input, and the text of the real one follows. */
  #wholeInput(input: unknown): string {
    const isEmpty = isObject(input) && Object.keys(input).length === 0;
    return isEmpty ? "" : this.draft.keep(JSON.stringify(input));
  }

  #append(index: unknown, delta: JsonObject): void {
    const block = this.#blocks.get(index);
    if (block?.kind === "tool") block.input += this.draft.keep(delta.partial_json);
    else if (block?.kind === "thinking") block.text += this.draft.keep(delta.thinking);
  }
}

/**
 * The input is JSON by meaning, not by letter: a stream brings it with the
 * model's own spacing, a whole message without. One form makes equal calls
 * equal. What is cut stays as it came.
 */
function normalizedJson(input: string): string {
  if (input === "") return "{}";
  try {
    return JSON.stringify(parseBoundedJson(input));
  } catch {
    return input;
  }
}
