import { parseBoundedJson } from "../../bounded-json.ts";
import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import type { Fold, ToolFormat, Turn } from "../tool-format.ts";
import { sortCalls } from "../turn.ts";
import { mergeUsage } from "./usage.ts";

/** The events of a whole message: each block comes complete as it starts. */
export const eventsFrom: ToolFormat["eventsFrom"] = function* (answer) {
  // What is neither who speaks nor what is said is known at the end only.
  const { id, type, role, model, content, usage, ...delta } = answer;
  const open = { content: [], stop_reason: null, stop_sequence: null, usage };
  yield { type: "message_start", message: { id, type, role, model, ...open } };
  for (const [index, content_block] of objectsFrom(content).entries()) {
    yield { type: "content_block_start", index, content_block };
    yield { type: "content_block_stop", index };
  }
  yield { type: "message_delta", delta, usage };
  yield { type: "message_stop" };
};

export const readTurn: ToolFormat["readTurn"] = (answer, isInjected): Turn => {
  const calls = objectsFrom(answer.content)
    .filter(({ type }) => type === "tool_use")
    .map(({ id, name, input }) => ({
      id: textFrom(id),
      name: textFrom(name),
      // What is no JSON was left as the text that came.
      arguments: typeof input === "string" ? input : JSON.stringify(input ?? {}),
    }));
  const sorted = sortCalls(calls, isInjected);
  return {
    ...sorted,
    waitsForResults: answer.stop_reason === "tool_use",
    namesInjected: sorted.calls.length > 0,
    storedAs: undefined,
  };
};

type Block = Record<string, unknown>;

/** Puts a streamed message together, as `content_block_stop` leaves each block. */
export class MessageFold implements Fold {
  ended = false;
  #message: JsonObject | undefined;
  #usage: JsonObject | undefined;
  readonly #blocks = new Map<unknown, Block>();
  readonly #inputs = new Map<unknown, string>();

  take(event: JsonObject): void {
    switch (event.type) {
      case "message_start":
        this.#message = objectFrom(event.message);
        this.#usage = mergeUsage(undefined, this.#message.usage);
        return;
      case "content_block_start":
        this.#blocks.set(event.index, { ...objectFrom(event.content_block) });
        return;
      case "content_block_delta":
        this.#append(event.index, objectFrom(event.delta));
        return;
      case "content_block_stop":
        this.#close(event.index);
        return;
      case "message_delta":
        this.#usage = mergeUsage(this.#usage, event.usage);
        if (this.#message) this.#message = { ...this.#message, ...objectFrom(event.delta) };
        return;
      case "message_stop":
        this.ended = true;
    }
  }

  answer(): JsonObject | undefined {
    return (
      this.#message && { ...this.#message, content: [...this.#blocks.values()], usage: this.#usage }
    );
  }

  #append(index: unknown, delta: JsonObject): void {
    const block = this.#blocks.get(index);
    if (!block) return;
    if (delta.type === "text_delta") block.text = textFrom(block.text) + textFrom(delta.text);
    else if (delta.type === "thinking_delta") {
      block.thinking = textFrom(block.thinking) + textFrom(delta.thinking);
    } else if (delta.type === "signature_delta") block.signature = delta.signature;
    else if (delta.type === "citations_delta") {
      block.citations = [...objectsFrom(block.citations), delta.citation];
    } else if (delta.type === "input_json_delta") {
      this.#inputs.set(index, (this.#inputs.get(index) ?? "") + textFrom(delta.partial_json));
    }
  }

  /** A stream starts a call with an empty input, and the text of the real one follows. */
  #close(index: unknown): void {
    const text = this.#inputs.get(index);
    const block = this.#blocks.get(index);
    if (text && block) block.input = inputFrom(text);
  }
}

function inputFrom(text: string): unknown {
  try {
    const value: unknown = parseBoundedJson(text);
    return isObject(value) ? value : text;
  } catch {
    return text;
  }
}
