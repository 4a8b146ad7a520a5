import type { ForeignEvent, LeftEvent } from "@aibridge/aibridge";
import { allocateFrame } from "./frames.ts";

// What a worker and its keeper tell each other about the record. Both are
// started from the same files, so there is one version of this.

/** As far as the keeper tells events apart. */
export type LinkEventKind = LeftEvent["kind"];

const kinds: readonly LinkEventKind[] = ["started", "ended", "other"];
/** A UUID as text. */
const idBytes = 36;
/** Kind (1), the event's id, the interception's id. */
const headBytes = 1 + 2 * idBytes;

/** A worker's frame: an event, with what the keeper needs to know of it in front. */
export function eventFrame(kind: LinkEventKind, event: ForeignEvent): Buffer {
  const { frame, body } = allocateFrame(headBytes + event.bytes.length);
  body[0] = kinds.indexOf(kind);
  body.write(event.id, 1, idBytes, "latin1");
  body.write(event.interceptionId, 1 + idBytes, idBytes, "latin1");
  body.set(event.bytes, headBytes);
  return frame;
}

/**
 * Reads what `eventFrame` wrote. The event's bytes are a view of `body`.
 *
 * @throws RangeError if it did not write it.
 */
export function readEventFrame(body: Buffer): { kind: LinkEventKind; event: ForeignEvent } {
  const kind = kinds[body[0] ?? kinds.length];
  if (kind === undefined || body.length < headBytes) throw new RangeError("no event frame");
  const id = body.toString("latin1", 1, 1 + idBytes);
  const interceptionId = body.toString("latin1", 1 + idBytes, headBytes);
  return { kind, event: { id, interceptionId, bytes: body.subarray(headBytes) } };
}

/** What became of a start: of the worker's first one if `start` is 0, and so on. */
export interface StartAnswer {
  readonly start: number;
  readonly isDurable: boolean;
}

/** The keeper's frame. */
export function answerFrame({ start, isDurable }: StartAnswer): Buffer {
  const { frame, body } = allocateFrame(9);
  body.writeDoubleLE(start);
  body[8] = isDurable ? 1 : 0;
  return frame;
}

/** Reads what `answerFrame` wrote. */
export function readAnswerFrame(body: Buffer): StartAnswer {
  return { start: body.readDoubleLE(0), isDurable: body[8] === 1 };
}
