import type { ThoughtFacts, ToolUsageFacts } from "../answer.ts";
import { AnswerDraft, type AnswerReducer, type UsageCounters } from "../answer-draft.ts";
import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { usageCounters } from "./usage.ts";

/**
 * Reads the chunks of a completion:
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function createReducer(): AnswerReducer {
  return new ChatCompletionsReducer();
}

interface Call {
  /** Where its deltas say they belong: choice and position. */
  readonly key: string;
  id: string;
  name: string;
  arguments: string;
}

class ChatCompletionsReducer implements AnswerReducer {
  readonly draft = new AnswerDraft();
  #usage: JsonObject | undefined;
  #serviceTier = "";
  #finished = false;
  readonly #calls: Call[] = [];
  /** The newest call of each key. */
  readonly #open = new Map<string, Call>();

  take(chunk: JsonObject): void {
    if (isObject(chunk.error)) this.draft.fail(chunk.error);
    if (!Array.isArray(chunk.choices)) return;
    this.draft.identify(chunk);
    this.#serviceTier = textFrom(chunk.service_tier) || this.#serviceTier;
    // Some providers report with each chunk: the last value wins.
    if (isObject(chunk.usage)) this.#usage = chunk.usage;
    for (const choice of objectsFrom(chunk.choices)) {
      this.#finished ||= Boolean(choice.finish_reason);
      this.#takeDelta(choice.index, objectFrom(choice.delta));
    }
    // Not every provider sends `[DONE]`, and usage comes last.
    if (this.#finished && this.#usage) this.draft.ended = true;
  }

  usage(): UsageCounters | undefined {
    return this.#usage && usageCounters(this.#usage, this.#serviceTier);
  }

  toolUsages(): ToolUsageFacts[] {
    return this.#calls.map((call) => ({
      providerToolCallId: call.id,
      tool: call.name,
      arguments: call.arguments,
    }));
  }

  /** This API tells none. */
  thoughts(): ThoughtFacts[] {
    return [];
  }

  #takeDelta(choice: unknown, { tool_calls, function_call }: JsonObject): void {
    for (const [position, call] of objectsFrom(tool_calls).entries()) {
      // Some providers leave the index out.
      const key = `${choice} ${call.index ?? position}`;
      this.#append(key, textFrom(call.id), objectFrom(call.function ?? call.custom));
    }
    // The predecessor of `tool_calls`: one call, and no id.
    if (isObject(function_call)) this.#append(`${choice}`, "", function_call);
  }

  #append(key: string, id: string, delta: JsonObject): void {
    const call = this.#callFor(key, id);
    if (!call.id) call.id = this.draft.keep(id);
    if (!call.name) call.name = this.draft.keep(delta.name);
    // A custom tool takes plain text, as its input.
    call.arguments += this.draft.keep(delta.arguments ?? delta.input);
  }

  /** Some providers number all calls 0: then the id tells them apart. */
  #callFor(key: string, id: string): Call {
    const open = this.#open.get(key);
    if (open && (!id || !open.id || open.id === id)) return open;
    this.draft.keepEntry();
    const call: Call = { key, id: "", name: "", arguments: "" };
    this.#calls.push(call);
    this.#open.set(key, call);
    return call;
  }
}
