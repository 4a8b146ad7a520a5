import { modelAndStreaming, type RequestFacts } from "../format.ts";
import { type JsonObject, objectFrom, textFrom } from "../json.ts";
import { lastMessage, promptFrom } from "../last-message.ts";

/** What a request to `POST /responses` says of itself. */
export function requestFacts(body: unknown): RequestFacts {
  const { input } = objectFrom(body);
  const last = lastMessage(input);
  return {
    ...modelAndStreaming(body),
    prompt: typeof input === "string" ? input || undefined : promptFrom(last, "input_text"),
    correlatingToolCallId: correlatingToolCallId(last),
    metadataUserId: undefined,
  };
}

/** Of functions and of the other tools that a client runs, such as `custom_tool_call_output`. */
function correlatingToolCallId({ type, call_id }: JsonObject): string {
  return textFrom(type).endsWith("_call_output") ? textFrom(call_id) : "";
}
