/**
 * The `code` by which an error is known, if it is text; else empty. The class is
 * no guide: libraries come in several copies, and errors from several realms.
 */
export function errorCode(error: unknown): string {
  return errorText(error, "code");
}

/** A property of an error, if it is text; else empty. */
export function errorText(error: unknown, name: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : "";
}

/**
 * Whether a code is an SQLSTATE, which only answers of PostgreSQL have. None
 * begins with an E (its manual, appendix A), as those of the system do: EPIPE.
 */
export function isSqlState(code: string): boolean {
  return /^(?!E)[0-9A-Z]{5}$/.test(code);
}
