import { HeldCall } from "../held-call.ts";
import { type JsonObject, objectFrom, textFrom } from "../json.ts";
import { namedEvent, type ServerEvent, withJson } from "../server-events.ts";
import { sumUsage } from "../sum-usage.ts";
import type { Ending, Translator, TranslatorOptions } from "../tool-format.ts";
import { mergeUsage } from "./usage.ts";

/** The messages of all rounds as one: https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createTranslator(options: TranslatorOptions): Translator {
  return new MessagesTranslator(options);
}

class MessagesTranslator implements Translator {
  readonly #isInjected: TranslatorOptions["isInjected"];
  readonly #held = new HeldCall();
  #round = 1;
  /** Of the client's next block. */
  #nextIndex = 0;
  /** Of this round's blocks, where the client sees them; undefined for those it doesn't see. */
  #indexes = new Map<unknown, number | undefined>();
  readonly #usages: JsonObject[] = [];
  #usage: JsonObject | undefined;
  #end: ServerEvent[] = [];

  constructor({ isInjected }: TranslatorOptions) {
    this.#isInjected = isInjected;
  }

  take(event: ServerEvent): ServerEvent[] {
    const json = event.json ?? {};
    switch (json.type) {
      case "message_start":
        this.#usage = mergeUsage(undefined, objectFrom(json.message).usage);
        return this.#round === 1 ? [event] : [];
      case "content_block_start":
        return this.#startBlock(event, objectFrom(json.content_block));
      case "content_block_delta":
      case "content_block_stop":
        return this.#withinBlock(event);
      case "message_delta":
        this.#usage = mergeUsage(this.#usage, json.usage);
        this.#end.push(event);
        return [];
      case "message_stop":
        this.#end.push(event);
        return [];
      case "error":
        return [...this.#held.release(), event];
      default:
        return [event];
    }
  }

  nextRound(): void {
    this.#round++;
    if (this.#usage) this.#usages.push(this.#usage);
    this.#usage = undefined;
    this.#indexes = new Map();
    this.#end = [];
  }

  finish({ rename, notice }: Ending): ServerEvent[] {
    const held = this.#held.release().map((event) => (rename ? renamed(event, rename) : event));
    const words = notice === undefined ? [] : this.#textBlock(notice);
    return [...held, ...words, ...this.#end.map((event) => this.#ending(event, notice))];
  }

  #startBlock(event: ServerEvent, block: JsonObject): ServerEvent[] {
    const isCall = block.type === "tool_use";
    const { index } = event.json ?? {};
    if (isCall && this.#isInjected(textFrom(block.name))) {
      this.#indexes.set(index, undefined);
      return [];
    }
    this.#indexes.set(index, this.#nextIndex++);
    const freed = isCall ? this.#held.begin() : [];
    return [...freed, ...this.#withinBlock(event)];
  }

  #withinBlock(event: ServerEvent): ServerEvent[] {
    const index = this.#indexes.get(event.json?.index);
    if (index === undefined) return [];
    const isPlace = event.json?.index === index;
    return this.#held.pass(isPlace ? event : withJson(event, { ...event.json, index }));
  }

  /** The client's counts are of all rounds, for that is what its request used. */
  #ending(event: ServerEvent, notice: string | undefined): ServerEvent {
    const json = event.json ?? {};
    if (json.type !== "message_delta" || (this.#round === 1 && notice === undefined)) return event;
    const delta = objectFrom(json.delta);
    const stopped = { ...delta, stop_reason: "end_turn", stop_sequence: null };
    return withJson(event, {
      ...json,
      delta: notice === undefined ? delta : stopped,
      usage: sumUsage([...this.#usages, this.#usage ?? {}]),
    });
  }

  #textBlock(text: string): ServerEvent[] {
    const index = this.#nextIndex++;
    return [
      namedEvent({ type: "content_block_start", index, content_block: { type: "text", text: "" } }),
      namedEvent({ type: "content_block_delta", index, delta: { type: "text_delta", text } }),
      namedEvent({ type: "content_block_stop", index }),
    ];
  }
}

function renamed(event: ServerEvent, { from, to }: { from: string; to: string }): ServerEvent {
  const block = objectFrom(event.json?.content_block);
  if (block.type !== "tool_use" || block.id !== from) return event;
  return withJson(event, { ...event.json, content_block: { ...block, id: to } });
}
