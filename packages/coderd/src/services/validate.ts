import { hostNotAllowed, type PrivateUpstreams } from "@aibridge/runtime";
import { Code, ConnectError } from "@connectrpc/connect";

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const usernamePattern = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const namePattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const apiKeyIdPattern = /^[0-9A-Za-z]{10}$/;
const controlPattern = /\p{Cc}/u;
// Visible ASCII: it will travel in a header.
const credentialPattern = /^[\x21-\x7e]+$/;

const nameLengthMax = 64;
const credentialLengthMax = 4096;
const urlLengthMax = 2048;

/** The error for a field that is not as its comment in proto/ says. */
export function invalidArgument(field: string, wanted: string): ConnectError {
  return new ConnectError(`${field}: ${wanted}`, Code.InvalidArgument);
}

/** Returns the text if it is a UUID in canonical form, else throws invalid_argument. */
export function requireUuid(field: string, text: string): string {
  return requirePattern(field, text, uuidPattern, "must be a UUID");
}

/** Whether the text is a UUID in canonical form. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Returns the text if it can be a user's name, else throws invalid_argument. */
export function requireUsername(field: string, text: string): string {
  const wanted = "must be 1 to 32 of a-z 0-9 . _ -, beginning with a letter or a digit";
  return requirePattern(field, text, usernamePattern, wanted);
}

/** Returns the text if it can name a provider or a gateway key, else throws invalid_argument. */
export function requireName(field: string, text: string): string {
  const wanted = `must be 1 to ${nameLengthMax} of a-z 0-9, with single dashes between`;
  if (text.length > nameLengthMax) throw invalidArgument(field, wanted);
  return requirePattern(field, text, namePattern, wanted);
}

/** Returns the text if it can be the id of an API key, else throws invalid_argument. */
export function requireApiKeyId(field: string, text: string): string {
  return requirePattern(field, text, apiKeyIdPattern, "must be 10 alphanumeric characters");
}

/** Returns the text if it is one short line, or empty, else throws invalid_argument. */
export function requireLabel(field: string, text: string): string {
  if (text.length > nameLengthMax || controlPattern.test(text)) {
    throw invalidArgument(field, `must be at most ${nameLengthMax} characters on one line`);
  }
  return text;
}

/** Returns the text if it can be a provider's credential, else throws invalid_argument. */
export function requireCredential(field: string, text: string): string {
  const wanted = `must be at most ${credentialLengthMax} visible ASCII characters`;
  if (text.length > credentialLengthMax) throw invalidArgument(field, wanted);
  return requirePattern(field, text, credentialPattern, wanted);
}

/**
 * Throws invalid_argument if the host of a URL says that no upstream may be
 * there. What a name means is checked by gateways, when they connect.
 */
export function requireAllowedHost(field: string, url: string, allowed: PrivateUpstreams): void {
  const host = hostNotAllowed(url, allowed);
  if (host === undefined) return;
  const value = hostNotAllowed(url, "allow") === undefined ? "allow" : "allow-link-local";
  throw invalidArgument(
    field,
    `${host} is no public address; coderd and every aibridged must be told to allow it, by AIBRIDGE_PRIVATE_UPSTREAMS=${value}`,
  );
}

/**
 * Returns the URL in canonical form without trailing slashes if it is an
 * absolute http or https URL without user, query and fragment, and its host is
 * allowed, else throws invalid_argument.
 */
export function requireBaseUrl(field: string, text: string, allowed: PrivateUpstreams): string {
  const url = text.length > urlLengthMax || /[?#]/.test(text) ? null : URL.parse(text);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === null || !isHttp || url.username !== "" || url.password !== "") {
    throw invalidArgument(field, "must be an http or https URL without user, query and fragment");
  }
  requireAllowedHost(field, url.href, allowed);
  return url.href.replace(/\/+$/, "");
}

function requirePattern(field: string, text: string, pattern: RegExp, wanted: string): string {
  if (!pattern.test(text)) throw invalidArgument(field, wanted);
  return text;
}
