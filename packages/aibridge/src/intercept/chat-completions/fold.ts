import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import type { Fold, ToolFormat, Turn } from "../tool-format.ts";
import { sortCalls } from "../turn.ts";

/** The chunks of a whole completion: its message in one delta, its end, and its usage. */
export const eventsFrom: ToolFormat["eventsFrom"] = function* (answer) {
  const { choices, usage, ...common } = answer;
  const { message, finish_reason, index = 0, ...choice } = objectFrom(objectsFrom(choices)[0]);
  const { tool_calls, ...delta } = objectFrom(message);
  const calls = objectsFrom(tool_calls).map((call, index) => ({ ...call, index }));
  const said = calls.length > 0 ? { ...delta, tool_calls: calls } : delta;
  yield { ...common, choices: [{ ...choice, index, delta: said, finish_reason: null }] };
  yield { ...common, choices: [{ index, delta: {}, finish_reason }] };
  if (isObject(usage)) yield { ...common, choices: [], usage };
};

export const readTurn: ToolFormat["readTurn"] = (answer, isInjected): Turn => {
  const { message, finish_reason } = objectFrom(objectsFrom(answer.choices)[0]);
  const calls = objectsFrom(objectFrom(message).tool_calls).map((call) => {
    const { name, arguments: given, input } = objectFrom(call.function ?? call.custom);
    return { id: textFrom(call.id), name: textFrom(name), arguments: textFrom(given ?? input) };
  });
  const sorted = sortCalls(calls, isInjected);
  return {
    ...sorted,
    // Some providers say `stop` although there are calls.
    waitsForResults: finish_reason === "tool_calls" || finish_reason === "stop",
    namesInjected: sorted.calls.length > 0,
    storedAs: undefined,
  };
};

type Message = Record<string, unknown>;

/** Puts the first choice of a streamed completion together. */
export class ChatFold implements Fold {
  #common: JsonObject | undefined;
  #choice: JsonObject = {};
  #usage: JsonObject | undefined;
  readonly #message: Message = {};
  readonly #calls: Message[] = [];
  /** The newest call of each position: some providers number all of them 0. */
  readonly #open = new Map<unknown, Message>();

  get ended(): boolean {
    return Boolean(this.#choice.finish_reason);
  }

  take(chunk: JsonObject): void {
    if (!Array.isArray(chunk.choices)) return;
    const { choices, usage, ...common } = chunk;
    this.#common ??= common;
    if (isObject(usage)) this.#usage = usage;
    for (const { delta, finish_reason, ...choice } of objectsFrom(choices)) {
      const logprobs = added(this.#choice.logprobs, choice.logprobs);
      this.#choice = {
        ...this.#choice,
        ...choice,
        ...(logprobs !== undefined && { logprobs }),
        finish_reason: finish_reason ?? this.#choice.finish_reason ?? null,
      };
      this.#append(objectFrom(delta));
    }
  }

  answer(): JsonObject | undefined {
    if (!this.#common) return undefined;
    const calls = this.#calls.length > 0 ? { tool_calls: this.#calls } : {};
    const { finish_reason = null, ...choice } = this.#choice;
    const message = { ...this.#message, ...calls };
    const choices = [{ ...choice, message, finish_reason }];
    return { ...this.#common, choices, ...(this.#usage && { usage: this.#usage }) };
  }

  /** Whatever providers say beside the text, such as their reasoning, adds up as the text does. */
  #append({ tool_calls, ...delta }: JsonObject): void {
    for (const [field, value] of Object.entries(delta)) {
      const before = this.#message[field];
      if (field === "role") this.#message.role ??= value;
      else if (typeof value === "string" && typeof before === "string") {
        this.#message[field] = before + value;
      } else if (Array.isArray(value) && Array.isArray(before)) before.push(...value);
      else if (value !== null || before === undefined) {
        this.#message[field] = Array.isArray(value) ? [...value] : value;
      }
    }
    for (const [position, call] of objectsFrom(tool_calls).entries()) this.#call(position, call);
  }

  #call(position: number, { index = position, ...entry }: JsonObject): void {
    const open = this.#open.get(index);
    if (!open || (entry.id && open.id && entry.id !== open.id)) {
      const call = { ...entry };
      this.#open.set(index, call);
      this.#calls.push(call);
      return;
    }
    open.id ||= entry.id;
    for (const kind of ["function", "custom"]) {
      if (isObject(entry[kind])) open[kind] = addTexts(objectFrom(open[kind]), entry[kind]);
    }
  }
}

/** The name comes once; arguments, or the input of a custom tool, piece by piece. */
function addTexts(call: JsonObject, delta: JsonObject): JsonObject {
  const sum: Message = { ...call };
  if (!call.name && delta.name) sum.name = delta.name;
  for (const field of ["arguments", "input"]) {
    if (typeof delta[field] === "string") sum[field] = textFrom(call[field]) + delta[field];
  }
  return sum;
}

/** Lists of probabilities, token by token, behind those that came before. */
function added(before: unknown, more: unknown): unknown {
  if (!isObject(more)) return before ?? more;
  if (!isObject(before)) return more;
  const fields = Object.entries(more).map(([field, value]) => {
    const list = before[field];
    const isMore = Array.isArray(list) && Array.isArray(value);
    return [field, isMore ? [...list, ...value] : (value ?? list)];
  });
  return { ...before, ...Object.fromEntries(fields) };
}
