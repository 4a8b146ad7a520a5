import { isObject, type JsonObject, objectsFrom, textFrom } from "./json.ts";

/**
 * The message that a request is about: the last of the conversation, but for
 * instructions behind it. Claude Code appends a `system` message after the
 * user's.
 */
export function lastMessage(conversation: unknown): JsonObject {
  if (!Array.isArray(conversation)) return {};
  const message: unknown = conversation.findLast((entry) => !isInstruction(entry));
  return isObject(message) ? message : {};
}

function isInstruction(entry: unknown): boolean {
  return isObject(entry) && (entry.role === "system" || entry.role === "developer");
}

/**
 * What a user's message says: its string, or the texts of its parts of type
 * `partType`, one a line; undefined if that is nothing, or the message is not a
 * user's.
 */
export function promptFrom(message: JsonObject, partType: string): string | undefined {
  if (message.role !== "user") return undefined;
  const { content } = message;
  if (typeof content === "string") return content || undefined;
  const parts = objectsFrom(content).filter((part) => part.type === partType);
  return parts.map((part) => textFrom(part.text)).join("\n") || undefined;
}
