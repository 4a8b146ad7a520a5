import { randomUUID } from "node:crypto";
import { HeldCall } from "../held-call.ts";
import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { namedEvent, type ServerEvent, withJson } from "../server-events.ts";
import { sumUsage } from "../sum-usage.ts";
import type { Ending, Translator, TranslatorOptions } from "../tool-format.ts";
import { isCallToRun, isEnding } from "./fold.ts";
import { messageEvents } from "./message-events.ts";

/** The responses of all rounds as one: https://platform.openai.com/docs/api-reference/responses-streaming */
export function createTranslator(options: TranslatorOptions): Translator {
  return new ResponsesTranslator(options);
}

class ResponsesTranslator implements Translator {
  readonly #isInjected: TranslatorOptions["isInjected"];
  readonly #held = new HeldCall();
  #round = 1;
  #sequence = 0;
  #nextIndex = 0;
  /** Of this round's items, where the client sees them; undefined for those it doesn't see. */
  #indexes = new Map<unknown, number | undefined>();
  /** The client's items, as they are when they are done. */
  readonly #output: JsonObject[] = [];
  /** What the first round was called. */
  #identity: JsonObject | undefined;
  readonly #usages: JsonObject[] = [];
  #end: ServerEvent | undefined;

  constructor({ isInjected }: TranslatorOptions) {
    this.#isInjected = isInjected;
  }

  take(event: ServerEvent): ServerEvent[] {
    return this.#numbered(this.#translate(event));
  }

  nextRound(): void {
    this.#round++;
    const { usage } = objectFrom(this.#end?.json?.response);
    if (isObject(usage)) this.#usages.push(usage);
    this.#indexes = new Map();
    this.#end = undefined;
  }

  finish({ rename, notice }: Ending): ServerEvent[] {
    const held = this.#held.release().map((event) => (rename ? renamed(event, rename) : event));
    if (rename)
      this.#output.splice(0, Infinity, ...this.#output.map((item) => named(item, rename)));
    const words = notice === undefined ? [] : this.#message(notice);
    const end = this.#end ? [this.#ending(this.#end, rename, notice)] : [];
    return this.#numbered([...held, ...words, ...end]);
  }

  #translate(event: ServerEvent): ServerEvent[] {
    const json = event.json ?? {};
    if (isEnding(json.type)) {
      this.#identify(objectFrom(json.response));
      this.#end = event;
      return [];
    }
    if (json.type === "error") return [...this.#held.release(), event];
    if (json.output_index !== undefined) return this.#withinItem(event, json);
    if (!isObject(json.response)) return this.#held.pass(event);
    // `response.created`, `response.in_progress`, `response.queued`.
    this.#identify(json.response);
    if (this.#round > 1) return [];
    return [withJson(event, this.#withResponse(json, this.#shown(json.response)))];
  }

  #identify({ id, created_at, model, previous_response_id }: JsonObject): void {
    this.#identity ??= { id, created_at, model, previous_response_id };
  }

  #withinItem(event: ServerEvent, json: JsonObject): ServerEvent[] {
    const item = isObject(json.item) ? json.item : undefined;
    const freed = this.#begin(json.output_index, item);
    const output_index = this.#indexes.get(json.output_index);
    if (output_index === undefined) return [];
    if (item && json.type === "response.output_item.done") this.#output[output_index] = item;
    const isPlace = json.output_index === output_index;
    return [
      ...freed,
      ...this.#held.pass(isPlace ? event : withJson(event, { ...json, output_index })),
    ];
  }

  /** Finds a place for an item that is new. */
  #begin(index: unknown, item: JsonObject | undefined): ServerEvent[] {
    if (this.#indexes.has(index) || !item) return [];
    const isHidden = item.type === "function_call" && this.#isInjected(textFrom(item.name));
    this.#indexes.set(index, isHidden ? undefined : this.#nextIndex++);
    return !isHidden && isCallToRun(item) ? this.#held.begin() : [];
  }

  #ending(event: ServerEvent, rename: Ending["rename"], notice: string | undefined): ServerEvent {
    const json = event.json ?? {};
    const response = this.#shown(objectFrom(json.response));
    const isAlone = this.#round === 1 && notice === undefined;
    if (isAlone && !rename && this.#output.length === objectsFrom(response.output).length) {
      return withJson(event, this.#withResponse(json, response));
    }
    const usage = isObject(response.usage)
      ? { usage: sumUsage([...this.#usages, response.usage]) }
      : {};
    const ended = { ...response, ...this.#identity, output: this.#output, ...usage };
    if (notice === undefined) return withJson(event, { ...json, response: ended });
    const completed = { ...ended, status: "completed", incomplete_details: null };
    return withJson(event, { ...json, type: "response.completed", response: completed });
  }

  /** A response repeats the tools of its request. */
  #shown(response: JsonObject): JsonObject {
    const tools = objectsFrom(response.tools);
    const own = tools.filter(({ name }) => !this.#isInjected(textFrom(name)));
    return own.length === tools.length ? response : { ...response, tools: own };
  }

  #withResponse(json: JsonObject, response: JsonObject): JsonObject {
    return response === json.response ? json : { ...json, response };
  }

  #message(text: string): ServerEvent[] {
    const { item, events } = messageEvents(
      `msg_${randomUUID().replaceAll("-", "")}`,
      this.#nextIndex++,
      text,
    );
    this.#output.push(item);
    return events.map(namedEvent);
  }

  /** Held events are numbered when they go out, for others may have overtaken them. */
  #numbered(events: readonly ServerEvent[]): ServerEvent[] {
    return events.map((event) => {
      const { json } = event;
      if (json?.sequence_number === undefined) return event;
      const sequence_number = this.#sequence++;
      const isPlace = json.sequence_number === sequence_number;
      return isPlace ? event : withJson(event, { ...json, sequence_number });
    });
  }
}

type Rename = NonNullable<Ending["rename"]>;

function renamed(event: ServerEvent, rename: Rename): ServerEvent {
  const { item } = event.json ?? {};
  const after = isObject(item) ? named(item, rename) : undefined;
  return after && after !== item ? withJson(event, { ...event.json, item: after }) : event;
}

function named(item: JsonObject, { from, to }: Rename): JsonObject {
  return item.call_id === from ? { ...item, call_id: to } : item;
}
