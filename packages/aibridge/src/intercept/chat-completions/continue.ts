import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { edited, insertElements } from "../json-edit.ts";
import { spanAt } from "../json-member.ts";
import type { InjectedCall, ToolFormat, ToolResult } from "../tool-format.ts";
import { textOfResult } from "../tool-text.ts";
import { argumentsFrom, placeOf } from "../turn.ts";

export const continueWith: ToolFormat["continueWith"] = (body, answer, results) => {
  const messages = spanAt(body, "messages");
  if (!messages) return body;
  const { message } = objectFrom(objectsFrom(answer.choices)[0]);
  const turn = { role: "assistant", ...withReadableCalls(objectFrom(message)) };
  const added = [turn, ...results.map(resultMessage)];
  return edited(body, [insertElements(body, messages, Number.POSITIVE_INFINITY, added)]);
};

export const answeredCall: ToolFormat["answeredCall"] = (request, ids) => {
  const { results } = lastExchange(request.messages);
  return results.findLast((id) => ids.has(id));
};

export const resume: ToolFormat["resume"] = (body, carrierId, results) => {
  const { messages } = objectFrom(JSON.parse(body.toString("utf8")));
  const { assistantAt, calls } = lastExchange(messages);
  const carrierAt = calls.lastIndexOf(carrierId);
  const turn = spanAt(body, "messages", assistantAt, "tool_calls");
  const all = spanAt(body, "messages");
  if (carrierAt < 0 || !turn || !all) return body;
  const places = calls.slice(0, carrierAt + 1).map((_id, position) => position);
  return edited(body, [
    ...results.map(({ call }) =>
      insertElements(body, turn, placeOf(call, places), [toolCall(call)]),
    ),
    insertElements(body, all, assistantAt + 1, results.map(resultMessage)),
  ]);
};

/** The calls of the newest turn, and the ids of those whose results follow it. */
function lastExchange(messages: unknown) {
  const all = Array.isArray(messages) ? messages.map(objectFrom) : [];
  const assistantAt = all.findLastIndex(({ role }) => role === "assistant");
  const calls = objectsFrom(all[assistantAt]?.tool_calls).map(({ id }) => textFrom(id));
  const results = all
    .slice(assistantAt + 1)
    .filter(({ role }) => role === "tool")
    .map(({ tool_call_id }) => textFrom(tool_call_id))
    .filter((id) => calls.includes(id));
  return { assistantAt, calls, results };
}

function toolCall({ id, name, arguments: given }: InjectedCall): JsonObject {
  return { id, type: "function", function: { name, arguments: readable(given) } };
}

function resultMessage({ call, outcome }: ToolResult): JsonObject {
  // A tool's message takes text alone.
  return { role: "tool", tool_call_id: call.id, content: textOfResult(outcome.content) };
}

/** Some servers parse the arguments of earlier calls, and would refuse what the model garbled. */
function withReadableCalls({ tool_calls, ...message }: JsonObject): JsonObject {
  const calls = objectsFrom(tool_calls).map((call) =>
    isObject(call.function)
      ? {
          ...call,
          function: { ...call.function, arguments: readable(textFrom(call.function.arguments)) },
        }
      : call,
  );
  return { ...message, tool_calls: calls };
}

function readable(given: string): string {
  return given.trim() !== "" && argumentsFrom(given) ? given : "{}";
}
