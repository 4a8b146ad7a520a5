import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

/** A message in the JSON that protobuf defines, as `buf curl` shows it, fields without a value included. */
export function json<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc> | undefined,
): JsonValue {
  return message === undefined ? null : toJson(schema, message, { alwaysEmitImplicit: true });
}

/** A time to the second, in UTC; a dash for none. */
export function time(timestamp: Timestamp | undefined): string {
  if (timestamp === undefined) return "-";
  return timestampDate(timestamp)
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
}

/** A dash for nothing, so that every column has a word. */
export function orDash(text: string): string {
  return text === "" ? "-" : text;
}

/** What a call must have answered with, although protobuf can't say so. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("coderd's answer lacks what was asked for");
  return value;
}
