import { errorCode, errorText } from "../error-code.ts";

/**
 * - `oauth_unavailable`: the other side can't be reached, or does not play along.
 * - `oauth_refused`: it answered, and said no.
 */
export type OAuthFailureCode = "oauth_unavailable" | "oauth_refused";

/**
 * Why something with an authorization server did not work. The message is a
 * sentence for people. It has no cause on purpose: the errors of the library
 * hold whole answers, and with them tokens.
 */
export class OAuthFailure extends Error {
  readonly code: OAuthFailureCode;
  /** The error code of the protocol, such as `invalid_grant`; empty if none came. */
  readonly reason: string;

  constructor(code: OAuthFailureCode, message: string, reason = "") {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Runs a step of the protocol, and makes a failure that names it of whatever it throws. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureFrom(error, what);
  }
}

function failureFrom(error: unknown, what: string): OAuthFailure {
  if (error instanceof OAuthFailure) return error;
  // `error` is what an answer, or the redirect, said: a word (RFC 6749, 5.2).
  const said = errorText(error, "error");
  const reason = /^[a-z_]{1,40}$/.test(said) ? said : "";
  if (isRefusal(error)) {
    return new OAuthFailure("oauth_refused", `${what}: refused (${reason || "no reason"})`, reason);
  }
  // The library's own sentences; what it found is in the cause, and stays there.
  const sentence = error instanceof Error && isOfLibrary(error) ? error.message : "unexpected";
  return new OAuthFailure("oauth_unavailable", `${what}: ${sentence}`);
}

function isRefusal(error: unknown): boolean {
  const code = errorCode(error);
  if (code === "OAUTH_AUTHORIZATION_RESPONSE_ERROR") return true;
  const status: unknown = typeof error === "object" && Reflect.get(Object(error), "status");
  const isServerError = typeof status === "number" && status >= 500;
  return code === "OAUTH_RESPONSE_BODY_ERROR" && !isServerError;
}

function isOfLibrary(error: Error): boolean {
  return errorCode(error).startsWith("OAUTH_");
}
