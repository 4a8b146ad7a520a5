import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { InjectedCall } from "../intercept/tool-format.ts";

/** What the id of a client's tool call carries until the client brings its result. */
export interface Deferred {
  /** The id that the provider gave. */
  readonly originalId: string;
  /** To run then. */
  readonly calls: readonly DeferredCall[];
  /** By what id the provider goes on where the client names the other one. */
  readonly renewal: Renewal | undefined;
}

/** Of an answer of several rounds a client knows the first one's id; the last one's has it all. */
export interface Renewal {
  readonly first: string;
  readonly last: string;
}

/** Undefined arguments: there were too many of them to carry, so the call can't run. */
export type DeferredCall = Omit<InjectedCall, "arguments"> & {
  readonly arguments: string | undefined;
};

/** Says what the rest is, and in which version. An id of a provider never begins so. */
export const deferredIdPrefix = "bmcp1_";

/** Characters of an id. A client keeps it in its history, and sends it twice with each request. */
const idCharsMax = 16 * 1_024;

/** Characters that an id may unfold to, so that no one makes us unfold a bomb. */
const jsonCharsMax = 256 * 1_024;

/**
 * An id of `[A-Za-z0-9_-]` that carries calls. Where they are too long for it
 * the longest arguments are left out first, and at last all calls.
 */
export function deferredId({ originalId, calls, renewal }: Deferred): string {
  const lengths = calls.map((call) => call.arguments?.length ?? 0);
  const longestFirst = [...lengths.keys()].sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
  // Doubled each time, for each attempt costs as much as all calls are long.
  for (let dropped = 0; dropped < 2 * calls.length + 1; dropped = 2 * dropped + 1) {
    const isDropped = new Set(longestFirst.slice(0, dropped));
    const carried = calls.map((call, at) =>
      isDropped.has(at) ? { ...call, arguments: undefined } : call,
    );
    const id = encoded({ originalId, calls: carried, renewal });
    if (id !== undefined) return id;
  }
  return encoded({ originalId, calls: [], renewal }) ?? originalId;
}

/** Reads an id that a stranger sent. Undefined if it is not to the letter what we make. */
export function parseDeferredId(id: string): Deferred | undefined {
  if (id.length > idCharsMax || !/^bmcp1_[A-Za-z0-9_-]+$/.test(id)) return undefined;
  try {
    const deflated = Buffer.from(id.slice(deferredIdPrefix.length), "base64url");
    const json = inflateRawSync(deflated, { maxOutputLength: jsonCharsMax }).toString("utf8");
    return deferredFrom(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function encoded({ originalId, calls, renewal }: Deferred): string | undefined {
  const entries = calls.map((call) => [
    call.id,
    call.name,
    call.arguments ?? null,
    call.clientCallsAfter,
  ]);
  const json = JSON.stringify([
    originalId,
    entries,
    ...(renewal ? [renewal.first, renewal.last] : []),
  ]);
  if (Buffer.byteLength(json) > jsonCharsMax) return undefined;
  const id = deferredIdPrefix + deflateRawSync(json).toString("base64url");
  return id.length > idCharsMax ? undefined : id;
}

function deferredFrom(value: unknown): Deferred | undefined {
  if (!Array.isArray(value) || (value.length !== 2 && value.length !== 4)) return undefined;
  const [originalId, entries, first, last]: unknown[] = value;
  if (typeof originalId !== "string" || originalId === "" || !Array.isArray(entries)) {
    return undefined;
  }
  const calls = entries.map(callFrom).filter((call) => call !== undefined);
  const renewal =
    typeof first === "string" && typeof last === "string" ? { first, last } : undefined;
  const isWhole = calls.length === entries.length && (value.length === 2) === !renewal;
  return isWhole ? { originalId, calls, renewal } : undefined;
}

function callFrom(entry: unknown): DeferredCall | undefined {
  if (!Array.isArray(entry) || entry.length !== 4) return undefined;
  const [id, name, given, clientCallsAfter]: unknown[] = entry;
  if (typeof id !== "string" || typeof name !== "string") return undefined;
  if (given !== null && typeof given !== "string") return undefined;
  if (typeof clientCallsAfter !== "number" || !Number.isSafeInteger(clientCallsAfter)) {
    return undefined;
  }
  if (clientCallsAfter < 0) return undefined;
  return { id, name, arguments: given ?? undefined, clientCallsAfter };
}
