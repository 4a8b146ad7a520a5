import type { IncomingMessage } from "node:http";

/** Why a request is refused that Node's parser lets pass. */
export interface Malformed {
  readonly status: number;
  readonly message: string;
}

/**
 * What is wrong with a request by its headers; undefined if nothing is. What
 * two servers on the way could understand in two ways is refused by the one
 * that notices.
 */
export function malformedHead({ headers, rawHeaders, httpVersion }: IncomingMessage) {
  // RFC 9112, 3.2: exactly one Host, which HTTP/1.0 did not know.
  const hosts = countOf(rawHeaders, "host");
  if (hosts > 1 || (hosts === 0 && httpVersion === "1.1")) return badHost;
  // RFC 9112, 6.1: a coding that we don't undo would be taken for the body.
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && httpVersion === "1.0") return badFraming;
  if (coding !== undefined && coding.trim().toLowerCase() !== "chunked") return unknownCoding;
  return undefined;
}

export const unknownExpectation: Malformed = {
  status: 417,
  message: "the expectation is not known",
};
const badHost: Malformed = { status: 400, message: "a request must have one Host header" };
const badFraming: Malformed = { status: 400, message: "HTTP/1.0 knows no transfer-encoding" };
const unknownCoding: Malformed = { status: 501, message: "transfer-encoding is not supported" };

function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i];
    if (raw?.length === name.length && raw.toLowerCase() === name) count++;
  }
  return count;
}
