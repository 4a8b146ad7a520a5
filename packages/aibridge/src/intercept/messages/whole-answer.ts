import { type JsonObject, objectsFrom } from "../json.ts";

/** A message as its stream would tell it; an error is an event as it is. */
export function* eventsFromAnswer(answer: JsonObject): Iterable<JsonObject> {
  if (answer.type === "error") {
    yield answer;
  } else if (answer.type === "message") {
    yield { type: "message_start", message: answer };
    for (const [index, block] of objectsFrom(answer.content).entries()) {
      yield { type: "content_block_start", index, content_block: block };
    }
    yield { type: "message_stop" };
  }
}
