import { filterHeaders, isHopByHop, namedByConnection, type RawHeaders } from "./headers.ts";
import { holdsUserKey } from "./key-forms.ts";

/** Who brings the provider's credential: the gateway, or the user. */
export type AuthMode = "centralized" | "byok";

/**
 * The request headers that may go on to a provider: the client's own, less
 * every credential of ours, what belongs to the connection, and what only a
 * trusted party may say (wire.md, section 3, step 5).
 *
 * @param secret the one that came with the request, if any: no header in which
 *   it occurs is forwarded, nor one that holds anything of the form of a key,
 *   wherever a client may have put its key, or another's, a second time.
 */
export function forwardableHeaders(
  headers: RawHeaders,
  authMode: AuthMode,
  secret: string | undefined,
): string[] {
  const connection = namedByConnection(headers);
  return filterHeaders(headers, (name, value) => {
    if (isHopByHop(name) || neverForwarded.has(name) || connection.has(name)) return false;
    if (name.charCodeAt(0) === letterX && isOurs(name)) return false;
    if (authMode === "centralized" && (name === "authorization" || name === "x-api-key")) {
      return false;
    }
    if (holdsUserKey(value)) return false;
    return secret === undefined || !(value.includes(secret) || name.includes(secret.toLowerCase()));
  });
}

const neverForwarded: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "accept-encoding",
  "cookie",
  "expect",
  "forwarded",
]);

const letterX = "x".charCodeAt(0);

function isOurs(name: string): boolean {
  return (
    name.startsWith("x-coder-") ||
    name.startsWith("x-ai-bridge-actor") ||
    name.startsWith("x-forwarded-")
  );
}

/**
 * The response headers that may go on to a client: the provider's, less what
 * belongs to the connection and the one by which only the gateway itself may
 * speak.
 */
export function relayableHeaders(headers: RawHeaders): string[] {
  const connection = namedByConnection(headers);
  return filterHeaders(
    headers,
    (name) => !isHopByHop(name) && !connection.has(name) && name !== "x-coder-ai-gateway-error",
  );
}
