import type { LeftEvent } from "@aibridge/aibridge";

/** Events that were sent to the keeper, until it is known that it took them. */
export interface Untaken {
  /** @param start the number of a start; undefined for all else. */
  add(event: LeftEvent, start: number | undefined): void;
  /** The keeper has answered this start: it took everything up to it, being sent in order. */
  taken(start: number): void;
  /** In the order in which they were sent. */
  all(): readonly LeftEvent[];
}

/**
 * Keeps them by the answers that starts have anyway, so an event waits here for
 * the answer to a later start: it may have been taken long ago. Of more than
 * `bytesMax` the oldest go, which are the most likely to have been taken.
 */
export function createUntaken(bytesMax: number): Untaken {
  const sent: { readonly event: LeftEvent; readonly start: number | undefined }[] = [];
  let bytes = 0;

  function drop(count: number): void {
    for (const { event } of sent.splice(0, count)) bytes -= event.bytes.length;
  }
  return {
    add(event, start) {
      sent.push({ event, start });
      bytes += event.bytes.length;
      while (bytes > bytesMax) drop(1);
    },
    taken(start) {
      drop(sent.findIndex((one) => one.start === start) + 1);
    },
    all: () => sent.map(({ event }) => event),
  };
}
