import { modelAndStreaming, type RequestFacts } from "../format.ts";
import { objectFrom, textFrom } from "../json.ts";
import { lastMessage, promptFrom } from "../last-message.ts";

/** What a request to `POST /chat/completions` says of itself. */
export function requestFacts(body: unknown): RequestFacts {
  const last = lastMessage(objectFrom(body).messages);
  return {
    ...modelAndStreaming(body),
    prompt: promptFrom(last, "text"),
    correlatingToolCallId: last.role === "tool" ? textFrom(last.tool_call_id) : "",
    metadataUserId: undefined,
  };
}
