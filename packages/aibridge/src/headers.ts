/**
 * A header section as node:http and undici give and take it: name, value,
 * name, value, ... Order, letter case and repetitions are the sender's.
 */
export type RawHeaders = readonly string[];

/** The first value of a header, or undefined. `name` is in lower case. */
export function headerValue(headers: RawHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i], name)) return headers[i + 1];
  }
  return undefined;
}

/** Every value of a header, in order. `name` is in lower case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1];
    if (value !== undefined && isNamed(headers[i], name)) values.push(value);
  }
  return values;
}

/** The headers for which `keep` says so; it is given the name in lower case. */
export function filterHeaders(
  headers: RawHeaders,
  keep: (name: string, value: string) => boolean,
): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = headers[i + 1] ?? "";
    if (keep(name.toLowerCase(), value)) kept.push(name, value);
  }
  return kept;
}

/**
 * Whether a header speaks of one connection and not of the message (RFC 9110,
 * section 7.6.1), and so must not be forwarded. `name` is in lower case.
 */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name);
}

/** The names, in lower case, that `Connection` adds to the hop-by-hop ones. */
export function namedByConnection(headers: RawHeaders): ReadonlySet<string> {
  const values = headerValues(headers, "connection");
  // The usual values name nothing that isn't hop-by-hop anyway.
  if (values.every((value) => value === "keep-alive" || value === "close")) return none;
  return new Set(
    values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()),
  );
}

const none: ReadonlySet<string> = new Set();

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function isNamed(candidate: string | undefined, name: string): boolean {
  return candidate?.length === name.length && candidate.toLowerCase() === name;
}
