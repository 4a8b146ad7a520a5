import { type Deferred, deferredIdPrefix, parseDeferredId } from "./deferred-id.ts";

/** A body in which the provider's own ids stand again. */
export interface Restored {
  /** The same bytes, the same object even, if nothing was carried. */
  readonly body: Buffer;
  /** What was carried, by the original id of the call that carried it. */
  readonly deferred: ReadonlyMap<string, Deferred>;
}

/**
 * Puts the provider's ids back wherever a string of a JSON body is nothing but
 * an id that carries calls: a provider knows its own ids only, and so does the
 * record. Every other byte stays.
 */
export function restoreIds(body: Buffer): Restored {
  const deferred = new Map<string, Deferred>();
  const parts: Buffer[] = [];
  let from = 0;
  let at = body.indexOf(opening);
  while (at >= 0) {
    const end = body.indexOf(quote, at + opening.length);
    const carried = end < 0 || isEscaped(body, at) ? undefined : carriedIn(body, at + 1, end);
    if (carried) {
      deferred.set(carried.originalId, carried);
      parts.push(body.subarray(from, at), Buffer.from(JSON.stringify(carried.originalId)));
      from = end + 1;
    }
    at = body.indexOf(opening, at + opening.length);
  }
  return { body: from === 0 ? body : Buffer.concat([...parts, body.subarray(from)]), deferred };
}

/** With its quote: a string begins with it, rather than contains it. */
const opening = Buffer.from(`"${deferredIdPrefix}`);
const quote = '"';

/** A quote behind a backslash begins nothing: it stands within a longer string. */
function isEscaped(body: Buffer, at: number): boolean {
  return body[at - 1] === "\\".charCodeAt(0);
}

function carriedIn(body: Buffer, start: number, end: number): Deferred | undefined {
  return parseDeferredId(body.toString("latin1", start, end));
}
