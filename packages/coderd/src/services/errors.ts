import { Code, ConnectError } from "@connectrpc/connect";
import { errorCode, errorText, isSqlState } from "../error-code.ts";

/** Unique indexes, and the field that is in use when one is broken. */
const fieldByConstraint: Readonly<Record<string, string>> = {
  users_username_key: "username",
  gateway_keys_name_key: "name",
  providers_name_key: "name",
  mcp_servers_pkey: "id",
  mcp_servers_coder_key: "auth",
};

/**
 * Errors of our own whose message is meant for callers: see `StoreError`,
 * `KeyRingError`, `OAuthFailure`.
 */
const codeByOwnError: Readonly<Record<string, Code>> = {
  not_found: Code.NotFound,
  user_deleted: Code.FailedPrecondition,
  resource_exhausted: Code.ResourceExhausted,
  last_owner: Code.FailedPrecondition,
  key_ring: Code.FailedPrecondition,
  oauth_refused: Code.FailedPrecondition,
  oauth_unavailable: Code.Unavailable,
};

const uniqueViolation = "23505";

/**
 * What callers see of whatever a handler threw; the only place where errors of
 * the store become codes. They are known by their `code`, never by their class.
 *
 * A database that answers with an error is as unavailable to callers as one that
 * does not answer: neither says anything about what they asked. The message
 * names no internals; the cause is for our logs.
 */
export function connectErrorFrom(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const code = errorCode(error);
  const field = fieldByConstraint[errorText(error, "constraint")];
  if (code === uniqueViolation && field !== undefined) {
    return new ConnectError(`this ${field} is in use`, Code.AlreadyExists);
  }
  const ownCode = codeByOwnError[code];
  if (ownCode !== undefined) {
    return new ConnectError(errorText(error, "message"), ownCode, undefined, undefined, error);
  }
  if (code === "unavailable" || isSqlState(code)) {
    return new ConnectError("store unavailable", Code.Unavailable, undefined, undefined, error);
  }
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
