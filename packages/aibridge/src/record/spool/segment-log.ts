import type { SegmentFile, SpoolFolder } from "./folder.ts";
import { type Frame, framesOf, scanFrames } from "./frame.ts";
import { createRecentBytes } from "./recent-bytes.ts";

/** A stretch of the spool: one file. */
export interface Segment {
  readonly name: string;
  /** Its length, as far as it is durable. */
  bytes: number;
  /** How much of it the reader has done with. */
  forgottenBytes: number;
}

/** Frames in a row, and where they begin: their ends are places in the segment. */
export interface Stretch {
  readonly segment: Segment;
  readonly from: number;
  readonly frames: readonly Frame[];
  /** Whether this process wrote the segment: then they are what it took them for. */
  readonly isOwn: boolean;
}

export interface SegmentLogOptions {
  readonly folder: SpoolFolder;
  /** What is there already; nothing is appended to it. */
  readonly segments: readonly Segment[];
  /** A segment that has reached this length is followed by a new one. */
  readonly segmentBytes: number;
  /** What a new segment begins with: all that is needed of those before it. */
  readonly checkpoint: () => Buffer;
  /** Whether the checkpoint says anything, so that the last segment must stay. */
  readonly isNeeded: () => boolean;
}

/** Bytes in segments: appended at one end, forgotten a whole segment at a time at the other. */
export interface SegmentLog {
  /**
   * When this returns, `bytes` survive the process. They are in the log, for its
   * readers and its length, once a `sync` has resolved.
   *
   * @throws if they are not there, nor any part that could be read.
   */
  append(bytes: Buffer): void;
  /**
   * Resolves when what was appended before is durable. If it rejects, nothing
   * that was not durable is in the log any longer. Neither this nor `roll` while
   * one of them is under way.
   */
  sync(): Promise<void>;
  /**
   * Begins a new segment if the last is full, so that the full one can go, or if
   * there is none. What was appended and is not durable moves along.
   */
  roll(): Promise<void>;
  /** The oldest segment of which something was not forgotten yet. Undefined: none. */
  unread(): Segment | undefined;
  /** Reads on where that segment's reader stands: from memory what was written of late. */
  read(segment: Segment): Promise<Stretch>;
  /** Forgets the beginning of a segment, and removes the segments that are done with. */
  forget(segment: Segment, bytes: number): Promise<void>;
  /** On disk. */
  bytes(): number;
  /** Removes what is done with, the last segment too, and closes it. */
  close(): Promise<void>;
}

interface OpenSegment extends Segment {
  readonly file: SegmentFile;
}

/** How much is read at once, if frames fit into it. */
const readBytes = 1_024 * 1_024;
/** The same from memory: a batch or two, for nothing is gained by more. */
const recentReadBytes = 256 * 1_024;
/** A few seconds of a busy gateway, or a large prompt. */
const recentBytesMax = 4 * 1_024 * 1_024;
const nameForm = /^(\d{12})\.spool$/;

/** The place of a segment among the others. Undefined: it is no segment's name. */
export function sequenceOf(name: string): number | undefined {
  const digits = nameForm.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function openSegmentLog(options: SegmentLogOptions): SegmentLog {
  const { folder, segmentBytes } = options;
  const segments: Segment[] = [...options.segments];
  let sequence = sequenceOf(segments.at(-1)?.name ?? "") ?? 0;
  let active: OpenSegment | undefined;
  /** Appended to the active segment, and not durable. */
  let tail: Buffer[] = [];
  let tailBytes = 0;
  const recent = createRecentBytes(recentBytesMax);

  async function begin(): Promise<void> {
    sequence += 1;
    const name = `${String(sequence).padStart(12, "0")}.spool`;
    const file = await folder.create(name);
    const head = options.checkpoint();
    try {
      file.write(head, 0);
      await file.sync();
      if (tailBytes > 0) file.write(Buffer.concat(tail), head.length);
    } catch (error) {
      await file.close();
      await folder.remove(name);
      throw error;
    }
    const last = active;
    active = { name, file, bytes: head.length, forgottenBytes: head.length };
    segments.push(active);
    if (last) await finish(last);
    await sweep();
  }

  async function finish({ file, bytes }: OpenSegment): Promise<void> {
    // What has moved along is told by the new segment.
    cut(file, bytes);
    await file.close();
  }

  async function sweep(): Promise<void> {
    for (let first = segments[0]; first && isDone(first); first = segments[0]) {
      segments.shift();
      await folder.remove(first.name);
    }
  }

  function isDone(segment: Segment): boolean {
    const isRead = segment.forgottenBytes >= segment.bytes;
    // The newest one holds the checkpoint.
    return isRead && segment !== active && (segments.length > 1 || !options.isNeeded());
  }

  return {
    append(bytes) {
      if (!active) throw new Error("spool has no segment");
      active.file.write(bytes, active.bytes + tailBytes);
      tail.push(bytes);
      tailBytes += bytes.length;
    },
    async sync() {
      if (!active) throw new Error("spool has no segment");
      const segment = active;
      const [count, bytes] = [tail.length, tailBytes];
      try {
        await segment.file.sync();
      } catch (error) {
        // So that a crash now doesn't bring back what was refused.
        cut(segment.file, segment.bytes);
        tail = [];
        tailBytes = 0;
        throw error;
      }
      tailBytes -= bytes;
      for (const part of tail.splice(0, count)) {
        recent.add(segment, segment.bytes, part);
        segment.bytes += part.length;
      }
    },
    async roll() {
      if (!active || active.bytes >= segmentBytes) await begin();
    },
    unread: () => segments.find(({ forgottenBytes, bytes }) => forgottenBytes < bytes),
    async read(segment) {
      const { forgottenBytes: from } = segment;
      const isOwn = !options.segments.includes(segment);
      const kept = framesOf(recent.read(segment, recentReadBytes), from);
      const frames = kept.length > 0 ? kept : await readFrames(folder, segment);
      return { segment, from, frames, isOwn };
    },
    async forget(segment, bytes) {
      segment.forgottenBytes = bytes;
      await sweep();
    },
    bytes: () => segments.reduce((sum, { bytes }) => sum + bytes, tailBytes),
    async close() {
      await active?.file.close();
      active = undefined;
      await sweep();
    },
  };
}

/** If this fails, what comes next is written over it. */
function cut(file: SegmentFile, bytes: number): void {
  try {
    file.truncate(bytes);
  } catch {}
}

/** Reads from where the reader stands: more than usual if a single frame is longer. */
async function readFrames(folder: SpoolFolder, segment: Segment): Promise<readonly Frame[]> {
  const { name, bytes, forgottenBytes: from } = segment;
  for (let length = readBytes; ; length *= 4) {
    const isAll = from + length >= bytes;
    const chunk = await folder.read(name, from, Math.min(length, bytes - from));
    const { frames } = scanFrames(chunk, isAll, from);
    if (frames.length > 0 || isAll) return frames;
  }
}
