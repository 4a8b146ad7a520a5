import { HeldCall } from "../held-call.ts";
import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { type ServerEvent, withJson } from "../server-events.ts";
import { sumUsage } from "../sum-usage.ts";
import type { Ending, Translator, TranslatorOptions } from "../tool-format.ts";
import { CallDeltas } from "./call-deltas.ts";

/** The completions of all rounds as one: https://platform.openai.com/docs/api-reference/chat-streaming */
export function createTranslator(options: TranslatorOptions): Translator {
  return new ChatTranslator(options);
}

class ChatTranslator implements Translator {
  readonly #wantsUsage: boolean;
  readonly #held = new HeldCall();
  readonly #calls: CallDeltas;
  #round = 1;
  /** What all chunks have in common: the first one's. */
  #identity: JsonObject | undefined;
  /** Whether this round and earlier ones said anything. */
  #hasText = false;
  #hadText = false;
  readonly #usages: JsonObject[] = [];
  #usage: JsonObject | undefined;
  #end: ServerEvent[] = [];

  constructor({ isInjected, wantsUsage }: TranslatorOptions) {
    this.#wantsUsage = wantsUsage;
    this.#calls = new CallDeltas(isInjected);
  }

  take(event: ServerEvent): ServerEvent[] {
    const { json } = event;
    if (!json || !Array.isArray(json.choices)) return this.#takeOther(event);
    const { id, created, model } = json;
    this.#identity ??= { id, created, model };
    if (isObject(json.usage)) this.#usage = json.usage;
    const choice = objectsFrom(json.choices)[0];
    if (choice) return this.#takeChoice(event, choice);
    if (!isObject(json.usage)) return this.#round === 1 ? [event] : [];
    this.#end.push(event);
    return [];
  }

  nextRound(): void {
    this.#round++;
    if (this.#usage) this.#usages.push(this.#usage);
    this.#usage = undefined;
    this.#hadText ||= this.#hasText;
    this.#hasText = false;
    this.#calls.nextRound();
    this.#end = [];
  }

  finish({ rename, notice }: Ending): ServerEvent[] {
    const held = this.#held.release().map((event) => (rename ? renamed(event, rename) : event));
    const asItCame = this.#round === 1 && notice === undefined;
    return [...held, ...this.#end.flatMap((event) => this.#ending(event, notice, asItCame))];
  }

  /** `[DONE]`, errors, and what nobody knows. */
  #takeOther(event: ServerEvent): ServerEvent[] {
    if (event.data?.trim() === "[DONE]") {
      this.#end.push(event);
      return [];
    }
    return isObject(event.json?.error) ? [...this.#held.release(), event] : [event];
  }

  #takeChoice(event: ServerEvent, choice: JsonObject): ServerEvent[] {
    const delta = objectFrom(choice.delta);
    const isEnd = Boolean(choice.finish_reason);
    if (isEnd) this.#end.push(event);
    if (delta.tool_calls === undefined && this.#round === 1) {
      this.#hasText ||= textFrom(delta.content) !== "";
      // What comes with the end is told now, and the end later.
      return isEnd ? this.#say(event, choice, delta) : this.#held.pass(event);
    }
    const { tool_calls, ...said } = delta;
    return [...this.#say(event, choice, said), ...this.#call(event, choice, tool_calls)];
  }

  /** Whatever a delta says beside calls. */
  #say(event: ServerEvent, choice: JsonObject, delta: JsonObject): ServerEvent[] {
    const { role, ...rest } = delta;
    const said = this.#round === 1 ? delta : rest;
    const saysSomething = Object.values(said).some((value) => value !== null && value !== "");
    if (!saysSomething) return [];
    const text = textFrom(said.content);
    // A client has one text of all rounds: what stood apart must not run together.
    const opens = text !== "" && this.#hadText && !this.#hasText;
    this.#hasText ||= text !== "";
    return this.#held.pass(
      this.#chunk(event, choice, opens ? { ...said, content: `\n\n${text}` } : said),
    );
  }

  #call(event: ServerEvent, choice: JsonObject, calls: unknown): ServerEvent[] {
    return this.#calls
      .take(calls)
      .flatMap(({ begins, entry }) => [
        ...(begins ? this.#held.begin() : []),
        ...this.#held.pass(this.#chunk(event, choice, { tool_calls: [entry] })),
      ]);
  }

  #chunk(event: ServerEvent, choice: JsonObject, delta: JsonObject): ServerEvent {
    const { usage, ...chunk } = event.json ?? {};
    const choices = [{ ...choice, delta, finish_reason: null }];
    // A sum can't be told before the end.
    const noUsage = usage === undefined ? {} : { usage: null };
    return withJson(event, { ...chunk, ...this.#identity, choices, ...noUsage });
  }

  #ending(event: ServerEvent, notice: string | undefined, asItCame: boolean): ServerEvent[] {
    const { json } = event;
    const choice = objectsFrom(json?.choices)[0];
    // Only the gateway asked for this chunk.
    if (json && !choice && !this.#wantsUsage) return [];
    if (!json) return [event];
    const sum = isObject(json.usage)
      ? { usage: sumUsage([...this.#usages, this.#usage ?? {}]) }
      : {};
    if (!choice)
      return [asItCame ? event : withJson(event, { ...json, ...this.#identity, ...sum })];
    if (asItCame && Object.keys(objectFrom(choice.delta)).length === 0) return [event];
    const words = notice === undefined ? [] : this.#say(event, choice, { content: notice });
    const finish_reason = notice === undefined ? choice.finish_reason : "stop";
    const choices = [{ ...choice, delta: {}, finish_reason }];
    return [...words, withJson(event, { ...json, ...this.#identity, choices, ...sum })];
  }
}

function renamed(event: ServerEvent, { from, to }: { from: string; to: string }): ServerEvent {
  const choice = objectFrom(objectsFrom(event.json?.choices)[0]);
  const calls = objectsFrom(objectFrom(choice.delta).tool_calls);
  if (!calls.some(({ id }) => id === from)) return event;
  const tool_calls = calls.map((call) => (call.id === from ? { ...call, id: to } : call));
  return withJson(event, { ...event.json, choices: [{ ...choice, delta: { tool_calls } }] });
}
