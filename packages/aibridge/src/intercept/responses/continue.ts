import { type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { type Edit, edited, insertElements, setMember } from "../json-edit.ts";
import { memberSpan, spanAt, topSpan } from "../json-member.ts";
import type { InjectedCall, ToolFormat, ToolResult } from "../tool-format.ts";
import { isImage, textOfBlock, textOfResult } from "../tool-text.ts";
import { placeOf } from "../turn.ts";
import { isCallToRun } from "./fold.ts";

/**
 * The output goes behind the input, which any server understands, whether or
 * not it stores responses. Only a conversation has taken both in already.
 */
export const continueWith: ToolFormat["continueWith"] = (body, answer, results) => {
  const outputs = results.map(resultItem);
  if (namesConversation(body))
    return edited(body, [setMember(body, "input", JSON.stringify(outputs))]);
  const isStored = answer.store !== false && textAt(body, "store") !== "false";
  const output = objectsFrom(answer.output);
  const turn = isStored ? output : output.filter(isSelfContained).map(withoutId);
  return edited(body, [behindInput(body, [...turn, ...outputs])]);
};

export const answeredCall: ToolFormat["answeredCall"] = (request, ids) => {
  const { results } = lastExchange(request.input);
  return results.findLast(({ callId }) => ids.has(callId))?.callId;
};

/** Where the provider holds the turn (`previous_response_id`), the results alone are missing. */
export const resume: ToolFormat["resume"] = (body, carrierId, results) => {
  const { input } = objectFrom(JSON.parse(body.toString("utf8")));
  const exchange = lastExchange(input);
  const result = exchange.results.find(({ callId }) => callId === carrierId);
  const span = spanAt(body, "input");
  if (!result || !span) return body;
  const carrierAt = exchange.calls.findLastIndex(({ callId }) => callId === carrierId);
  const places = exchange.calls.slice(0, carrierAt + 1).map(({ position }) => position);
  const turn =
    carrierAt < 0
      ? []
      : results.map(({ call }) =>
          insertElements(body, span, placeOf(call, places), [callItem(call)]),
        );
  return edited(body, [
    ...turn,
    insertElements(body, span, result.position, results.map(resultItem)),
  ]);
};

/** The calls of the newest turn, and the results behind it. */
function lastExchange(input: unknown) {
  const items = Array.isArray(input) ? input.map(objectFrom) : [];
  const lastOfModel = items.findLastIndex(isOfModel);
  const beforeTurn = items.findLastIndex((item, at) => at < lastOfModel && !isOfModel(item));
  const at = items.map((item, position) => ({ item, position, callId: textFrom(item.call_id) }));
  const isResult = ({ item }: { item: JsonObject }) => textFrom(item.type).endsWith("_call_output");
  return {
    calls: at.slice(beforeTurn + 1, lastOfModel + 1).filter(({ item }) => isCallToRun(item)),
    results: at.slice(lastOfModel + 1).filter(isResult),
  };
}

function isOfModel(item: JsonObject): boolean {
  const { type, role } = item;
  return type === "reasoning" || textFrom(type).endsWith("_call") || role === "assistant";
}

function callItem({ id, name, arguments: given }: InjectedCall): JsonObject {
  return { type: "function_call", call_id: id, name, arguments: given };
}

/** A list only for images: not every server takes one. */
function resultItem({ call, outcome }: ToolResult): JsonObject {
  const output = outcome.content.some(isImage)
    ? outcome.content.map((block) =>
        isImage(block)
          ? {
              type: "input_image",
              image_url: `data:${block.mimeType};base64,${block.data}`,
              detail: "auto",
            }
          : { type: "input_text", text: textOfBlock(block) },
      )
    : textOfResult(outcome.content);
  return { type: "function_call_output", call_id: call.id, output };
}

/** A reasoning item that is not stored says nothing unless it brings itself along, encrypted. */
function isSelfContained({ type, encrypted_content }: JsonObject): boolean {
  return type !== "reasoning" || typeof encrypted_content === "string";
}

/** An id would be looked up, and not found. */
function withoutId({ id, ...item }: JsonObject): JsonObject {
  return item.type === "reasoning" ? { id, ...item } : item;
}

function namesConversation(body: Buffer): boolean {
  return (textAt(body, "conversation") ?? "null") !== "null";
}

function textAt(body: Buffer, name: string): string | undefined {
  const span = memberSpan(body, topSpan(body), name);
  return span && body.toString("utf8", span.start, span.end);
}

function behindInput(body: Buffer, items: readonly unknown[]): Edit {
  const span = spanAt(body, "input");
  const text = span && body.toString("utf8", span.start, span.end);
  if (span && text?.startsWith("[")) {
    return insertElements(body, span, Number.POSITIVE_INFINITY, items);
  }
  const isText = text?.startsWith('"') === true;
  const first = isText ? `{"role":"user","content":${text}},` : "";
  return setMember(body, "input", `[${first}${JSON.stringify(items).slice(1)}`);
}
