import type { Segment } from "./segment-log.ts";

/**
 * What became durable last, in memory, so that a reader that keeps up need not
 * read and check what has just been written. It is a copy: the log has it all.
 */
export interface RecentBytes {
  /** What follows in a segment. */
  add(segment: Segment, from: number, bytes: Buffer): void;
  /**
   * A copy of what stands in the segment from where its reader is: `bytesMax` bytes
   * at most, and none if they must be read.
   */
  read(segment: Segment, bytesMax: number): Buffer;
}

/** A part of a segment, and where it begins in all that was ever added. */
interface Span {
  readonly segment: Segment;
  readonly from: number;
  readonly at: number;
  end: number;
}

const none = Buffer.alloc(0);

/**
 * Keeps the last `bytesMax` bytes, in memory that is written again and again. As
 * memory of their own, or as events, they would grow old with a reader that is
 * late, and be what makes V8 collect all of its heap.
 */
export function createRecentBytes(bytesMax: number): RecentBytes {
  let ring: Buffer | undefined;
  let spans: Span[] = [];
  /** How much was ever added. */
  let added = 0;

  function isKept({ at, from, end }: Span): boolean {
    return at + (end - from) > added - bytesMax;
  }

  function spanFor(segment: Segment, from: number): Span {
    const last = spans.at(-1);
    if (last?.segment === segment && last.end === from) return last;
    const span = { segment, from, at: added, end: from };
    spans = [...spans.filter(isKept), span];
    return span;
  }

  return {
    add(segment, from, bytes) {
      ring ??= Buffer.allocUnsafeSlow(bytesMax);
      spanFor(segment, from).end += bytes.length;
      added += bytes.length;
      const kept = bytes.subarray(-bytesMax);
      const copied = kept.copy(ring, (added - kept.length) % bytesMax);
      kept.copy(ring, 0, copied);
    },
    read(segment, atMost) {
      const { forgottenBytes } = segment;
      const span = spans.find((span) => span.segment === segment);
      if (!ring || !span || forgottenBytes < span.from) return none;
      const at = span.at + (forgottenBytes - span.from);
      if (at < added - bytesMax) return none;
      const bytes = Buffer.allocUnsafeSlow(Math.min(span.end - forgottenBytes, atMost));
      const copied = ring.copy(bytes, 0, at % bytesMax);
      ring.copy(bytes, copied);
      return bytes;
    },
  };
}
