import { isObject, type JsonObject } from "../json.ts";

/** A response as its stream would tell it: by the last event, which bears all of it. */
export function* eventsFromAnswer(answer: JsonObject): Iterable<JsonObject> {
  if (answer.object === "response") yield { type: "response.completed", response: answer };
  else if (isObject(answer.error))
    yield { ...answer.error, type: "error", kind: answer.error.type };
}
