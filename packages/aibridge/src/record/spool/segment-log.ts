import type { SegmentFile, SpoolFolder } from "./folder.ts";
import { type Frame, scanFrames } from "./frame.ts";

/** A stretch of the spool: one file. */
export interface Segment {
  readonly name: string;
  /** Its length, as far as it is durable. */
  bytes: number;
  /** How much of it the reader has done with. */
  forgottenBytes: number;
}

/** Where bytes begin in the log. */
export interface Place {
  readonly segment: Segment;
  readonly from: number;
}

/** Frames that were read, and where. */
export interface Stretch extends Place {
  readonly frames: readonly Frame[];
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
   * Resolves when `bytes` are durable, with where they are; if it rejects, they
   * are not in the log. One at a time.
   */
  append(bytes: Buffer): Promise<Place>;
  /** Begins a new segment if the last is full, so that the full one can go. One at a time. */
  roll(): Promise<void>;
  /** The oldest segment of which something was not forgotten yet. Undefined: none. */
  unread(): Segment | undefined;
  /** Reads on where that segment's reader stands. */
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

  async function begin(): Promise<OpenSegment> {
    sequence += 1;
    const name = `${String(sequence).padStart(12, "0")}.spool`;
    const file = await folder.create(name);
    const head = options.checkpoint();
    try {
      await file.write(head, 0);
    } catch (error) {
      await file.close();
      await folder.remove(name);
      throw error;
    }
    await active?.file.close();
    active = { name, file, bytes: head.length, forgottenBytes: head.length };
    segments.push(active);
    await sweep();
    return active;
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

  const current = async () =>
    active === undefined || active.bytes >= segmentBytes ? begin() : active;

  return {
    async append(bytes) {
      const segment = await current();
      try {
        await segment.file.write(bytes, segment.bytes);
      } catch (error) {
        // So that a crash now doesn't bring back what was refused. If this
        // fails as well, the next append overwrites it.
        await segment.file.truncate(segment.bytes).catch(() => {});
        throw error;
      }
      const from = segment.bytes;
      segment.bytes += bytes.length;
      return { segment, from };
    },
    async roll() {
      if (active) await current();
    },
    unread: () => segments.find(({ forgottenBytes, bytes }) => forgottenBytes < bytes),
    read: (segment) => readStretch(folder, segment),
    async forget(segment, bytes) {
      segment.forgottenBytes = bytes;
      await sweep();
    },
    bytes: () => segments.reduce((sum, { bytes }) => sum + bytes, 0),
    async close() {
      await active?.file.close();
      active = undefined;
      await sweep();
    },
  };
}

/** Reads from where the reader stands: more than usual if a single frame is longer. */
async function readStretch(folder: SpoolFolder, segment: Segment): Promise<Stretch> {
  const { name, bytes, forgottenBytes: from } = segment;
  for (let length = readBytes; ; length *= 4) {
    const isAll = from + length >= bytes;
    const chunk = await folder.read(name, from, Math.min(length, bytes - from));
    const { frames } = scanFrames(chunk, isAll);
    if (frames.length > 0 || isAll) return { frames, segment, from };
  }
}
