import { parseBoundedJson } from "../../bounded-json.ts";
import { isObject } from "../json.ts";

/** Takes a stream chunk by chunk and gives what of it may go on. */
export interface ChunkFilter {
  /** What goes on now: parts of the chunk, after what was held before it. */
  pass(chunk: Uint8Array): Uint8Array[];
  /** What is left to go on after the last chunk. */
  flush(): Uint8Array[];
}

/**
 * Takes from a chat stream the chunk that `withIncludeUsage` caused: the one
 * with `usage` and no choices. All else goes on at once and byte for byte,
 * however the stream is cut into chunks; only an event that may still turn out
 * to be that one is held until it ends, which for a usage chunk is a few
 * hundred bytes. A stream that ends within a held event loses nothing but a
 * usage chunk.
 */
export function createUsageChunkFilter(): ChunkFilter {
  return new UsageChunkFilter();
}

/** No usage chunk is nearly as long. Longer events are not held. */
const heldBytesMax = 64 * 1_024;

const [lineFeed, carriageReturn, colon] = [0x0a, 0x0d, 0x3a];

class UsageChunkFilter implements ChunkFilter {
  /** The beginning of the event under way, as far as it is held. */
  #held: Buffer = Buffer.alloc(0);
  /** The event under way is known to be another, and its beginning has gone on. */
  #passing = false;
  #eventEmpty = true;
  #lineEmpty = true;
  /** A comment goes on by itself: it is a sign of life, and waits for no event. */
  #isComment = false;
  #afterCarriageReturn = false;
  #removedLast = false;

  pass(chunk: Uint8Array): Uint8Array[] {
    const out: Uint8Array[] = [];
    // Of this chunk: what is not decided on, and where the event under way begins.
    let from = 0;
    let start = 0;
    for (let at = 0; at < chunk.byteLength; at++) {
      const step = this.#step(chunk[at]);
      if (step === "within") {
        // All but the first byte of a line matters only when the line ends.
        if (!this.#lineEmpty) at = lineEnd(chunk, at + 1) - 1;
        continue;
      }
      const end = at + 1;
      if (step === "rest-of-end" ? this.#removedLast : this.#isExtra(chunk.subarray(start, end))) {
        push(out, chunk.subarray(from, start));
        from = end;
      } else {
        push(out, this.#held);
      }
      if (step === "end") this.#begin(from === end);
      start = end;
    }
    return this.#passRest(chunk, from, start, out);
  }

  flush(): Uint8Array[] {
    const rest = this.#isExtra(Buffer.alloc(0)) ? Buffer.alloc(0) : this.#held;
    this.#held = Buffer.alloc(0);
    const out: Uint8Array[] = [];
    push(out, rest);
    return out;
  }

  /** Moves on by a byte, and says whether an event ends with it. */
  #step(byte: number | undefined): "within" | "end" | "rest-of-end" {
    const isRestOfLineEnd = byte === lineFeed && this.#afterCarriageReturn;
    this.#afterCarriageReturn = byte === carriageReturn;
    // Of a CR LF, the CR has ended the line, and the event with it.
    if (isRestOfLineEnd) return this.#eventEmpty ? "rest-of-end" : "within";
    if (byte !== lineFeed && byte !== carriageReturn) {
      if (this.#eventEmpty) this.#isComment = byte === colon;
      this.#eventEmpty = this.#lineEmpty = false;
      return "within";
    }
    const ends = this.#lineEmpty || this.#isComment;
    this.#lineEmpty = true;
    return ends ? "end" : "within";
  }

  #begin(removedLast: boolean): void {
    this.#held = Buffer.alloc(0);
    this.#passing = false;
    this.#eventEmpty = this.#lineEmpty = true;
    this.#isComment = false;
    this.#removedLast = removedLast;
  }

  #passRest(chunk: Uint8Array, from: number, start: number, out: Uint8Array[]): Uint8Array[] {
    const rest = chunk.subarray(start);
    if (!this.#passing && rest.byteLength > 0) {
      const event = Buffer.concat([this.#held, rest]);
      if (mayBeExtra(event)) {
        push(out, chunk.subarray(from, start));
        this.#held = event;
        return out;
      }
      push(out, this.#held);
      this.#held = Buffer.alloc(0);
      this.#passing = true;
    }
    push(out, chunk.subarray(from));
    return out;
  }

  #isExtra(rest: Uint8Array): boolean {
    if (this.#passing) return false;
    const event = this.#held.byteLength > 0 ? Buffer.concat([this.#held, rest]) : rest;
    return isUsageChunk(event);
  }
}

/** Where the line ends on which `from` stands, or the chunk if that is earlier. */
function lineEnd(chunk: Uint8Array, from: number): number {
  let at = from;
  while (at < chunk.length && chunk[at] !== lineFeed && chunk[at] !== carriageReturn) at++;
  return at;
}

function push(out: Uint8Array[], part: Uint8Array): void {
  if (part.byteLength > 0) out.push(part);
}

/**
 * Whether the beginning of an event leaves it open that it is a usage chunk.
 * What more of the event follows can only turn a yes into a no, so that it
 * matters nothing where the event is cut.
 */
function mayBeExtra(event: Uint8Array): boolean {
  if (event.byteLength > heldBytesMax) return false;
  const text = Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("latin1");
  return !someChoice.test(text);
}

/** In a string of JSON its quotes would stand behind backslashes. */
const someChoice = /"choices"\s*:\s*\[\s*[^\]\s]/;

function isUsageChunk(event: Uint8Array): boolean {
  if (!mayBeExtra(event)) return false;
  const text = Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("utf8");
  if (!text.includes('"usage"')) return false;
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.startsWith("data:"));
  try {
    const chunk: unknown = parseBoundedJson(
      lines.map((line) => line.slice("data:".length)).join("\n"),
    );
    if (!isObject(chunk) || !isObject(chunk.usage)) return false;
    return Array.isArray(chunk.choices) && chunk.choices.length === 0;
  } catch {
    return false;
  }
}
