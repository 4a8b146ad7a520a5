import type { EventCodec } from "./codec.ts";

/** Events as JSON in UTF-8, their time in ISO 8601 to the millisecond. */
export const jsonCodec: EventCodec = {
  encode(event, headroom = 0) {
    const text = JSON.stringify(event);
    const bytes = Buffer.allocUnsafe(headroom + Buffer.byteLength(text));
    bytes.write(text, headroom);
    return bytes;
  },
  headOf(bytes) {
    const head = parse(bytes) as { id: string; interceptionId: string; time: string };
    const time = new Date(head.time);
    if (Number.isNaN(time.getTime())) throw new RangeError("event without a time");
    return { id: head.id, interceptionId: head.interceptionId, time };
  },
  describe: parse,
};

/** It is our own file, guarded by a checksum: the shape is taken on trust. */
function parse(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
}
