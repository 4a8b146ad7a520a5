import { modelAndStreaming, type RequestFacts } from "../format.ts";
import { type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";
import { lastMessage, promptFrom } from "../last-message.ts";

/** What a request to `POST /v1/messages` says of itself. */
export function requestFacts(body: unknown): RequestFacts {
  const { messages, metadata } = objectFrom(body);
  const last = lastMessage(messages);
  const userId = objectFrom(metadata).user_id;
  return {
    ...modelAndStreaming(body),
    prompt: promptFrom(last, "text"),
    correlatingToolCallId: correlatingToolCallId(last),
    metadataUserId: typeof userId === "string" ? userId : undefined,
  };
}

function correlatingToolCallId({ content }: JsonObject): string {
  const result = objectsFrom(content).findLast(({ type }) => type === "tool_result");
  return textFrom(result?.tool_use_id);
}
