import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import type { Fold, ToolFormat, Turn } from "../tool-format.ts";
import { sortCalls } from "../turn.ts";

/** The events of a whole response: its items as they are when they are done. */
export const eventsFrom: ToolFormat["eventsFrom"] = function* (answer) {
  for (const [output_index, item] of objectsFrom(answer.output).entries()) {
    yield { type: "response.output_item.done", output_index, item };
  }
  const ending = { incomplete: "incomplete", failed: "failed", cancelled: "cancelled" };
  const status = textFrom(answer.status);
  const how = Object.entries(ending).find(([name]) => name === status)?.[1] ?? "completed";
  yield { type: `response.${how}`, response: answer };
};

export const readTurn: ToolFormat["readTurn"] = (answer, isInjected): Turn => {
  const calls = objectsFrom(answer.output)
    .filter(isCallToRun)
    .map((item) => ({
      id: textFrom(item.call_id),
      name: textFrom(item.name),
      arguments: textFrom(item.arguments ?? item.input),
    }));
  const sorted = sortCalls(calls, isInjected);
  return {
    ...sorted,
    waitsForResults: answer.status === "completed",
    // A response repeats the tools of its request.
    namesInjected:
      objectsFrom(answer.tools).some(({ name }) => isInjected(textFrom(name))) ||
      sorted.calls.length > 0,
    storedAs: answer.store === false ? undefined : textFrom(answer.id),
  };
};

/** Whether it is for someone outside the provider to run: only such calls have an id to answer to. */
export function isCallToRun({ type, call_id }: JsonObject): boolean {
  return textFrom(type).endsWith("_call") && typeof call_id === "string";
}

/** The events that end a response, and bear all of it. */
export function isEnding(type: unknown): boolean {
  return endings.has(textFrom(type));
}

const endings: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.cancelled",
]);

/** Puts a streamed response together. */
export class ResponseFold implements Fold {
  ended = false;
  #response: JsonObject | undefined;
  readonly #items = new Map<unknown, JsonObject>();

  take(event: JsonObject): void {
    if (isObject(event.response)) this.#response = event.response;
    if (event.type === "response.output_item.done") {
      this.#items.set(event.output_index, objectFrom(event.item));
    }
    this.ended ||= isEnding(event.type);
  }

  /** Some providers leave the last event's output empty: then the items' own events count. */
  answer(): JsonObject | undefined {
    const output = objectsFrom(this.#response?.output);
    const items = output.length > 0 ? output : [...this.#items.values()];
    return this.#response && { ...this.#response, output: items };
  }
}
