/** Where something stands in bytes: from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Finds the value of a member of a JSON object without changing a byte of it.
 * Of members with the same name it is the last, as for `JSON.parse`.
 *
 * @param json - Valid JSON in UTF-8: whoever calls has parsed it.
 * @param object - Where the object stands, from its `{`.
 */
export function memberSpan(json: Buffer, object: Span, name: string): Span | undefined {
  let found: Span | undefined;
  let at = skipSpace(json, object.start + 1);
  while (at < object.end && json[at] === quote) {
    const keyEnd = stringEnd(json, at);
    const key: unknown = JSON.parse(json.toString("utf8", at, keyEnd));
    const start = skipSpace(json, skipByte(json, skipSpace(json, keyEnd), colon));
    const end = valueEnd(json, start);
    if (key === name) found = { start, end };
    at = skipSpace(json, skipByte(json, skipSpace(json, end), comma));
  }
  return found;
}

/** Where the elements of a JSON array stand, in order. The JSON is valid, as for `memberSpan`. */
export function elementSpans(json: Buffer, array: Span): Span[] {
  const found: Span[] = [];
  let at = skipSpace(json, array.start + 1);
  while (at < array.end && json[at] !== closeBracket) {
    const end = valueEnd(json, at);
    found.push({ start: at, end });
    at = skipSpace(json, skipByte(json, skipSpace(json, end), comma));
  }
  return found;
}

/** Follows names and positions from the top of a JSON object; undefined if the path ends nowhere. */
export function spanAt(json: Buffer, ...path: readonly (string | number)[]): Span | undefined {
  let span: Span | undefined = topSpan(json);
  for (const step of path) {
    if (!span) return undefined;
    span = typeof step === "number" ? elementOf(json, span, step) : memberOf(json, span, step);
  }
  return span;
}

function elementOf(json: Buffer, span: Span, position: number): Span | undefined {
  return json[span.start] === openBracket ? elementSpans(json, span)[position] : undefined;
}

function memberOf(json: Buffer, span: Span, name: string): Span | undefined {
  return json[span.start] === openBrace ? memberSpan(json, span, name) : undefined;
}

/** The whole of a JSON text that is an object. */
export function topSpan(json: Buffer): Span {
  return { start: json.indexOf(openBrace), end: json.byteLength };
}

function valueEnd(json: Buffer, start: number): number {
  const first = json[start];
  if (first === quote) return stringEnd(json, start);
  if (first === openBrace || first === openBracket) return containerEnd(json, start);
  let at = start;
  while (at < json.byteLength && !isEndOfBareValue(json[at])) at++;
  return at;
}

function containerEnd(json: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const byte = json[at];
    if (byte === openBrace || byte === openBracket) depth++;
    if (byte === closeBrace || byte === closeBracket) depth--;
    at = byte === quote ? stringEnd(json, at) : at + 1;
  } while (depth > 0 && at < json.byteLength);
  return at;
}

function isEndOfBareValue(byte: number | undefined): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte);
}

/** After the closing quote of the string that begins at `start`. */
function stringEnd(json: Buffer, start: number): number {
  let at = start + 1;
  while (at < json.byteLength && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at + 1;
}

function skipByte(json: Buffer, at: number, byte: number): number {
  return json[at] === byte ? at + 1 : at;
}

function skipSpace(json: Buffer, start: number): number {
  let at = start;
  while (isSpace(json[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
