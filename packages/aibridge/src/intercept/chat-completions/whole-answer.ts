import { type JsonObject, objectFrom, objectsFrom } from "../json.ts";

/** A completion as its stream would tell it: in a single chunk, its messages as deltas. */
export function* eventsFromAnswer(answer: JsonObject): Iterable<JsonObject> {
  const choices = objectsFrom(answer.choices).map(({ message, ...choice }) => {
    const { tool_calls, ...delta } = objectFrom(message);
    const indexed = objectsFrom(tool_calls).map((call, index) => ({ ...call, index }));
    return { ...choice, delta: { ...delta, tool_calls: indexed } };
  });
  yield Array.isArray(answer.choices) ? { ...answer, choices } : answer;
}
