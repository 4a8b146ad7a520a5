import type { EventCodec } from "@aibridge/aibridge";
import { RecordEventSchema } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { encodeEvent } from "./encode-event.ts";

/**
 * Events as they stand in a `RecordEventsRequest`: a `RecordEvent` behind its
 * length. What the spool keeps is sent without being read again.
 */
export const eventCodec: EventCodec = {
  encode: encodeEvent,
  headOf(bytes) {
    const { id, interceptionId, time } = read(bytes);
    if (!time) throw new RangeError("event without a time");
    return { id, interceptionId, time: timestampDate(time) };
  },
  describe: (bytes) => toJson(RecordEventSchema, read(bytes)),
};

function read(bytes: Uint8Array) {
  return fromBinary(RecordEventSchema, new BinaryReader(bytes).bytes());
}
