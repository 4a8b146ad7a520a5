import { parseBoundedJson } from "../bounded-json.ts";
import { headerValue, type RawHeaders } from "../headers.ts";
import { objectFrom } from "../intercept/json.ts";
import { hideKeys } from "../key-forms.ts";
import type { Client } from "./client.ts";

/** A longer one is no id that a client of ours sends. In characters. */
const sessionIdLengthMax = 256;

/** A longer `metadata.user_id` is not looked into. In characters. */
const metadataUserIdLengthMax = 4_096;

/**
 * The conversation that a request says it belongs to (wire.md, section 6);
 * empty if it says none.
 *
 * A value is passed over if it is longer than 256 characters, holds control
 * characters, or holds what looks like a key of ours: with the key hidden it
 * would no longer tell one conversation from another.
 *
 * @param metadataUserId the body's `metadata.user_id`, if it is a string.
 */
export function sessionIdOf(
  client: Client,
  headers: RawHeaders,
  metadataUserId: string | undefined,
): string {
  for (const name of headersOf[client] ?? []) {
    const id = headerValue(headers, name)?.trim();
    if (isSessionId(id)) return id;
  }
  if (client !== "Claude Code" || metadataUserId === undefined) return "";
  const id = sessionIdFromUserId(metadataUserId);
  return isSessionId(id) ? id : "";
}

/** Where each client puts its session's id, the preferred place first. */
const headersOf: Readonly<Partial<Record<Client, readonly string[]>>> = {
  "Claude Code": ["x-claude-code-session-id"],
  Codex: ["session-id", "session_id"],
  Mux: ["x-mux-workspace-id"],
  "GitHub Copilot (VS Code)": ["x-interaction-id"],
  "GitHub Copilot (CLI)": ["x-client-session-id"],
  "Kilo Code": ["x-kilocode-taskid"],
  "Coder Agents": ["x-coder-chat-id"],
  OpenCode: ["x-opencode-session", "x-session-affinity"],
};

/** Newer Claude Codes send a JSON object, older ones `user_..._session_<id>`. */
function sessionIdFromUserId(userId: string): string | undefined {
  if (userId.length > metadataUserIdLengthMax) return undefined;
  const fields = parseObject(userId);
  if (fields !== undefined) {
    return typeof fields.session_id === "string" ? fields.session_id : undefined;
  }
  const marker = "_session_";
  const at = userId.indexOf(marker);
  return at === -1 ? undefined : userId.slice(at + marker.length);
}

function parseObject(text: string): { readonly session_id?: unknown } | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return objectFrom(parseBoundedJson(text));
  } catch {
    return undefined;
  }
}

function isSessionId(value: string | undefined): value is string {
  if (value === undefined || value === "" || value.length > sessionIdLengthMax) return false;
  return !/\p{Cc}/u.test(value) && hideKeys(value) === value;
}
