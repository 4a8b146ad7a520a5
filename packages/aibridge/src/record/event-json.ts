import type { RecordEvent } from "./events.ts";

/** An event as bytes: JSON in UTF-8, its time in ISO 8601 to the millisecond. */
export function jsonFromEvent(event: RecordEvent): Buffer {
  return Buffer.from(JSON.stringify(event));
}

/**
 * Reads what `jsonFromEvent` wrote. It is our own file, guarded by a checksum:
 * the shape is taken on trust.
 *
 * @throws SyntaxError if it is no JSON, RangeError if it has no time.
 */
export function eventFromJson(json: Buffer): RecordEvent {
  const event = JSON.parse(json.toString()) as Omit<RecordEvent, "time"> & { time: string };
  const time = new Date(event.time);
  if (Number.isNaN(time.getTime())) throw new RangeError("event without a time");
  return { ...event, time } as RecordEvent;
}
