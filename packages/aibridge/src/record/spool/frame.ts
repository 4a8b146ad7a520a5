import { crc32 } from "node:zlib";

/**
 * What a frame holds. Starts and ends are told apart so that recovery need not
 * read the rest. `boot` stands in notes only; see `leaveNotes`.
 */
const frameKinds = { checkpoint: 1, started: 2, ended: 3, other: 4, boot: 5 } as const;
export type FrameKind = keyof typeof frameKinds;

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
  /** Where it ends: a place in what was scanned, or in what that is a part of. */
  readonly end: number;
}

/** What was found in a stretch of a segment. */
export interface Scan {
  readonly frames: readonly Frame[];
  /** How far it was understood; the rest needs bytes that were not given. */
  readonly consumedBytes: number;
  /** Bytes that belong to no frame, with a frame after them. */
  readonly damagedBytes: number;
}

/**
 * A frame is: marker (1 byte), kind (1), payload length (4, little-endian),
 * CRC-32 of those six bytes and the payload (4), payload. In UTF-8 the marker's
 * byte never occurs (RFC 3629, section 1): no text that a user sends can pass
 * for a frame. A number in a payload may hold it, but not the checksum after it.
 */
const marker = 0xff;
const guardedBytes = 6;
/** A longer length is damage, not a frame. A request body ends at 32 MiB. */
const payloadBytesMax = 64 * 1_024 * 1_024;

/** How many bytes stand before the payload. */
export const frameHeaderBytes = 10;

/**
 * Makes a frame of a buffer that holds a payload behind `frameHeaderBytes` bytes,
 * which are written.
 *
 * @throws RangeError if the payload is longer than `payloadBytesMax`.
 */
export function sealFrame(kind: FrameKind, frame: Buffer): void {
  const payload = frame.subarray(frameHeaderBytes);
  if (payload.length > payloadBytesMax) throw new RangeError("record event is too large");
  frame[0] = marker;
  frame[1] = frameKinds[kind];
  frame.writeUInt32LE(payload.length, 2);
  frame.writeUInt32LE(checksum(frame, payload), guardedBytes);
}

/** A frame with a copy of the payload. Throws as `sealFrame` does. */
export function encodeFrame(kind: FrameKind, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  frame.set(payload, frameHeaderBytes);
  sealFrame(kind, frame);
  return frame;
}

/**
 * Reads frames from the beginning of `bytes`. Where one is damaged it looks for
 * the next that is whole, so damage costs only what it touches. `isAll` says
 * that nothing follows these bytes: only then is a frame that breaks off at
 * their end damage, and not a reason to ask for more.
 *
 * @param from the place at which `bytes` begin, for the places of the frames
 */
export function scanFrames(bytes: Buffer, isAll: boolean, from = 0): Scan {
  const frames: Frame[] = [];
  let [at, consumedBytes, damagedBytes] = [0, 0, 0];
  while (at < bytes.length) {
    const frame = readFrame(bytes, at, from);
    if (frame === "incomplete" && !isAll) break;
    if (typeof frame === "object") {
      damagedBytes += at - consumedBytes;
      frames.push(frame);
      at = frame.end - from;
      consumedBytes = at;
    } else {
      const next = bytes.indexOf(marker, at + 1);
      at = next === -1 ? bytes.length : next;
    }
  }
  return { frames, consumedBytes, damagedBytes };
}

/**
 * The frames with which `bytes` begins, as far as they are whole. This process
 * wrote them itself and did not let go of them: nothing is checked.
 *
 * @param from as for `scanFrames`
 */
export function framesOf(bytes: Buffer, from: number): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + frameHeaderBytes <= bytes.length; ) {
    const kind = kindFromByte(bytes[at + 1]) ?? "other";
    const begin = at + frameHeaderBytes;
    const end = begin + bytes.readUInt32LE(at + 2);
    if (end > bytes.length) break;
    frames.push({ kind, payload: bytes.subarray(begin, end), end: from + end });
    at = end;
  }
  return frames;
}

function readFrame(bytes: Buffer, at: number, from: number): Frame | "incomplete" | "damaged" {
  if (bytes[at] !== marker) return "damaged";
  if (at + frameHeaderBytes > bytes.length) return "incomplete";
  const kind = kindFromByte(bytes[at + 1]);
  const length = bytes.readUInt32LE(at + 2);
  if (!kind || length > payloadBytesMax) return "damaged";
  const end = at + frameHeaderBytes + length;
  if (end > bytes.length) return "incomplete";
  const payload = bytes.subarray(at + frameHeaderBytes, end);
  const stored = bytes.readUInt32LE(at + guardedBytes);
  const isWhole = checksum(bytes.subarray(at), payload) === stored;
  return isWhole ? { kind, payload, end: from + end } : "damaged";
}

function checksum(header: Buffer, payload: Uint8Array): number {
  return crc32(payload, crc32(header.subarray(0, guardedBytes)));
}

function kindFromByte(byte: number | undefined): FrameKind | undefined {
  switch (byte) {
    case frameKinds.checkpoint:
      return "checkpoint";
    case frameKinds.started:
      return "started";
    case frameKinds.ended:
      return "ended";
    case frameKinds.other:
      return "other";
    case frameKinds.boot:
      return "boot";
    default:
      return undefined;
  }
}
