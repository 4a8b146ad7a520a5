import { isObject, type JsonObject, objectFrom, objectsFrom } from "../json.ts";
import { type Edit, edited, insertElements } from "../json-edit.ts";
import { spanAt } from "../json-member.ts";
import type { ToolFormat, ToolResult } from "../tool-format.ts";
import { isImage, textOfBlock } from "../tool-text.ts";
import { argumentsFrom, placeOf } from "../turn.ts";

/** The turn goes back block by block as it came: signatures of thinking are over its very text. */
export const continueWith: ToolFormat["continueWith"] = (body, answer, results) => {
  const messages = spanAt(body, "messages");
  if (!messages) return body;
  const content = objectsFrom(answer.content).filter(isAccepted).map(withInputObject);
  const turn = { role: "assistant", content };
  const user = { role: "user", content: results.map(resultBlock) };
  return edited(body, [insertElements(body, messages, Number.POSITIVE_INFINITY, [turn, user])]);
};

export const answeredCall: ToolFormat["answeredCall"] = (request, ids) => {
  const { results } = lastExchange(request.messages);
  const answered = results.findLast(({ tool_use_id }) => ids.has(String(tool_use_id)));
  return answered && String(answered.tool_use_id);
};

export const resume: ToolFormat["resume"] = (body, carrierId, results) => {
  const { messages } = objectFrom(JSON.parse(body.toString("utf8")));
  const { assistantAt, calls } = lastExchange(messages);
  const carrierAt = calls.findLastIndex(({ id }) => id === carrierId);
  const turn = spanAt(body, "messages", assistantAt, "content");
  const answers = spanAt(body, "messages", assistantAt + 1, "content");
  if (carrierAt < 0 || !turn || !answers) return body;
  const places = calls.slice(0, carrierAt + 1).map(({ position }) => position);
  const inserted: Edit[] = results.map(({ call }) =>
    insertElements(body, turn, placeOf(call, places), [
      {
        type: "tool_use",
        id: call.id,
        name: call.name,
        input: argumentsFrom(call.arguments) ?? {},
      },
    ]),
  );
  return edited(body, [
    ...inserted,
    // Results come first in a message, before any text.
    insertElements(body, answers, 0, results.map(resultBlock)),
  ]);
};

/** The newest turn with calls of the model's, and the results that follow it at once. */
function lastExchange(messages: unknown) {
  const all = Array.isArray(messages) ? messages.map(objectFrom) : [];
  const assistantAt = all.findLastIndex(({ role }) => role === "assistant");
  const content = all[assistantAt]?.content;
  const calls = (Array.isArray(content) ? content : []).flatMap((block, position) =>
    isObject(block) && block.type === "tool_use" ? [{ id: block.id, position }] : [],
  );
  const called = new Set(calls.map(({ id }) => id));
  const results = objectsFrom(all[assistantAt + 1]?.content).filter(
    ({ type, tool_use_id }) => type === "tool_result" && called.has(tool_use_id),
  );
  return { assistantAt, calls, results };
}

function resultBlock({ call, outcome }: ToolResult): JsonObject {
  const content = outcome.content.map((block) =>
    isImage(block)
      ? {
          type: "image",
          source: { type: "base64", media_type: block.mimeType, data: block.data },
        }
      : { type: "text", text: textOfBlock(block) || "(no output)" },
  );
  return {
    type: "tool_result",
    tool_use_id: call.id,
    content: content.length > 0 ? content : "(no output)",
    ...(outcome.isError && { is_error: true }),
  };
}

/** The API sends empty texts but takes none. */
function isAccepted({ type, text }: JsonObject): boolean {
  return type !== "text" || text !== "";
}

function withInputObject(block: JsonObject): JsonObject {
  return block.type === "tool_use" && !isObject(block.input) ? { ...block, input: {} } : block;
}
