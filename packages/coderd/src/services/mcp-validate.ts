import { BlockList, isIP } from "node:net";
import type { PrivateUpstreams } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { RE2JS } from "re2js";
import { invalidArgument, requireAllowedHost, requireName } from "./validate.ts";

const idLengthMax = 32;
const urlLengthMax = 2048;
const patternLengthMax = 512;
const headersMax = 32;
const headerLengthMax = 4096;
const scopesMax = 50;
const parametersMax = 20;
const parameterLengthMax = 8192;

/** Headers that are the transport's own: of HTTP, of streamable HTTP (MCP, Transports). */
const headersOfTransport: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "last-event-id",
  "mcp-protocol-version",
  "mcp-session-id",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Returns the text if it can be the id of an MCP server, else throws invalid_argument. */
export function requireServerId(field: string, text: string): string {
  if (text.length > idLengthMax) {
    throw invalidArgument(field, `must be at most ${idLengthMax} characters`);
  }
  return requireName(field, text);
}

/**
 * Returns the URL in canonical form if an MCP server can be there. No query: the
 * URL is shown to everybody and put on record, and what stands in queries of
 * MCP servers are keys, which belong into headers. A slash at the end stays.
 */
export function requireServerUrl(field: string, text: string, allowed: PrivateUpstreams): string {
  const url = text.length > urlLengthMax || /[?#]/.test(text) ? null : URL.parse(text);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === null || !isHttp || url.username !== "" || url.password !== "") {
    throw invalidArgument(field, "must be an http or https URL without user, query and fragment");
  }
  requireAllowedHost(field, url.href, allowed);
  return url.href;
}

/**
 * Returns the pattern if it is RE2, or empty. Gateways run it by the same
 * library on every name of a tool: RE2's time is linear in the name's length.
 */
export function requireToolPattern(field: string, text: string): string {
  if (text.length > patternLengthMax) {
    throw invalidArgument(field, `must be at most ${patternLengthMax} characters`);
  }
  try {
    RE2JS.compile(text);
    return text;
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown error";
    throw invalidArgument(field, `must be a pattern of RE2 (${why})`);
  }
}

/**
 * Returns the headers by lower-case name. `authorization` may be among them only
 * where it is not the place of a token.
 */
export function requireHeaders(
  field: string,
  headers: Readonly<Record<string, string>>,
  mayAuthorize: boolean,
): Readonly<Record<string, Secret>> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const names = new Set(entries.map(([name]) => name));
  if (entries.length > headersMax || names.size < entries.length) {
    throw invalidArgument(field, `must be at most ${headersMax}, each name once`);
  }
  for (const [name, value] of entries) requireHeader(field, name, value, mayAuthorize);
  return Object.fromEntries(entries.map(([name, value]) => [name, new Secret(value)]));
}

function requireHeader(field: string, name: string, value: string, mayAuthorize: boolean): void {
  // RFC 9110, 5.6.2 and 5.5. The value is not shown: it may be a credential.
  if (name.length > 256 || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
    throw invalidArgument(field, "a name is no header's name");
  }
  if (headersOfTransport.has(name)) throw invalidArgument(field, `${name} is not yours to set`);
  if (name === "authorization" && !mayAuthorize) {
    throw invalidArgument(field, "authorization is the place of the user's token");
  }
  if (value.length > headerLengthMax || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    const wanted = `must be 1 to ${headerLengthMax} visible ASCII characters`;
    throw invalidArgument(field, `the value of ${name} ${wanted}`);
  }
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Returns the URI if an authorization server may send a user there: on https, or
 * on a loopback address. Not `localhost`, which may be resolved elsewhere
 * (RFC 8252, 8.3).
 */
export function requireRedirectUri(field: string, text: string): string {
  const url = text.length > urlLengthMax || text.includes("#") ? null : URL.parse(text);
  const isPlain = url?.protocol === "http:" && isLoopback(url.hostname);
  const isAllowed = isPlain || url?.protocol === "https:";
  if (url === null || !isAllowed || url.username !== "" || url.password !== "") {
    throw invalidArgument(field, "must be a URL on https, or on http and a loopback address");
  }
  return text;
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Returns the scopes if they are some (RFC 6749, 3.3), else throws invalid_argument. */
export function requireScopes(field: string, scopes: readonly string[]): readonly string[] {
  const isScope = (scope: string) => /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(scope);
  if (scopes.length > scopesMax || !scopes.every(isScope)) {
    throw invalidArgument(field, `must be at most ${scopesMax}, of visible ASCII without " and \\`);
  }
  return scopes;
}

/** Returns the text if it can be a client's id, or empty (RFC 6749, A.1). */
export function requireClientId(field: string, text: string): string {
  if (!/^[\x20-\x7e]{0,1024}$/.test(text)) {
    throw invalidArgument(field, "must be at most 1024 visible ASCII characters");
  }
  return text;
}

/** Returns what came to a redirect URI, if it is of a size that a URL can have. */
export function requireParameters(
  field: string,
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(parameters).flat();
  if (
    entries.length > 2 * parametersMax ||
    entries.some((text) => text.length > parameterLengthMax)
  ) {
    throw invalidArgument(field, "is more than a redirect URI is sent");
  }
  if ((parameters.state ?? "") === "") throw invalidArgument(field, "must have a state");
  return parameters;
}
