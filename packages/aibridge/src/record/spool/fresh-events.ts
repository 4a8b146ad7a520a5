import type { EncodedEvent } from "../codec.ts";
import type { Segment } from "./segment-log.ts";

/** An event and where its frame stands in its segment. */
export interface PlacedEvent {
  readonly event: EncodedEvent;
  readonly segment: Segment;
  readonly from: number;
  readonly end: number;
}

/**
 * The events that were written last, in memory, so that a shipper that keeps up
 * need not read and check again what has just been written. They are a copy:
 * the log has them all.
 */
export interface FreshEvents {
  /** In the order of the log, without gaps since the last `forget`. */
  add(event: PlacedEvent): void;
  /** All of them. */
  forget(): void;
  /** Those that follow where the segment's reader stands. Empty: they must be read. */
  of(segment: Segment): readonly PlacedEvent[];
}

/** Past `bytesMax` all are forgotten: whoever is that far behind reads the log. */
export function createFreshEvents(bytesMax: number): FreshEvents {
  let events: PlacedEvent[] = [];
  let bytes = 0;

  function forgetDone(): void {
    const open = events.findIndex(({ segment, end }) => segment.forgottenBytes < end);
    const done = events.splice(0, open === -1 ? events.length : open);
    for (const { from, end } of done) bytes -= end - from;
  }

  function forget(): void {
    events = [];
    bytes = 0;
  }

  return {
    add(event) {
      events.push(event);
      bytes += event.end - event.from;
      if (bytes <= bytesMax) return;
      forgetDone();
      if (bytes > bytesMax) forget();
    },
    forget,
    of(segment) {
      forgetDone();
      const [first] = events;
      if (first?.segment !== segment || first.from !== segment.forgottenBytes) return [];
      const other = events.findIndex((event) => event.segment !== segment);
      return other === -1 ? events : events.slice(0, other);
    },
  };
}
