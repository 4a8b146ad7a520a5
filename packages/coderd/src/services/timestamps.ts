import { type Timestamp, timestampFromDate } from "@bufbuild/protobuf/wkt";

/** A time as messages have it: unset where the store has null. */
export function timestampOf(time: Date | null): Timestamp | undefined {
  return time === null ? undefined : timestampFromDate(time);
}
