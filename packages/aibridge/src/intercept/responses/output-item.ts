import type { ModelThought } from "../../record/events.ts";
import type { AnswerDraft } from "../answer-draft.ts";
import { type JsonObject, objectsFrom, textFrom } from "../json.ts";

/** What becomes a fact of an item of a response's output. */
export type OutputItem =
  | { readonly kind: "tool"; readonly callId: string; readonly name: string; arguments: string }
  | {
      readonly kind: ModelThought["thoughtKind"];
      /** One thought each, by position. */
      readonly texts: string[];
    };

/** Reads an item; undefined if it is neither a call nor a thought. */
export function outputItemFrom(item: JsonObject, draft: AnswerDraft): OutputItem | undefined {
  const type = textFrom(item.type);
  if (type === "reasoning") {
    draft.keepEntry();
    return { kind: "reasoning_summary", texts: textsFrom(item.summary, draft) };
  }
  if (type === "message" && item.phase === "commentary") {
    draft.keepEntry();
    return { kind: "commentary", texts: textsFrom(item.content, draft) };
  }
  // All types of calls end so, those of the future too; results end in `_output`.
  if (!type.endsWith("_call")) return undefined;
  draft.keepEntry();
  const isClients = type === "function_call" || type === "custom_tool_call";
  return {
    kind: "tool",
    callId: draft.keep(item.call_id ?? item.id),
    name: draft.keep(isClients ? item.name : type),
    arguments: draft.keep(isClients ? (item.arguments ?? item.input) : hostedArguments(item)),
  };
}

function textsFrom(parts: unknown, draft: AnswerDraft): string[] {
  return objectsFrom(parts).map((part) => draft.keep(part.text));
}

/** The fields by which the types of hosted calls say what is asked. The others are results or state. */
const askingFields = [
  "server_label",
  "name",
  "arguments",
  "queries",
  "code",
  "action",
  "actions",
  "operation",
  "revised_prompt",
];

function hostedArguments(item: JsonObject): string {
  const asked = askingFields.filter((field) => item[field] !== undefined && item[field] !== null);
  const fields = Object.fromEntries(asked.map((field) => [field, item[field]]));
  // The sources of a web search's action are what it found: a result.
  return JSON.stringify(fields, (key, value) => (key === "sources" ? undefined : value));
}
