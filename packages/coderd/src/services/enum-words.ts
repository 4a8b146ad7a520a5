import type { DescEnum } from "@bufbuild/protobuf";
import type { GenEnum } from "@bufbuild/protobuf/codegenv2";

/** The word that the store has for a value: `completed` for INTERCEPTION_STATUS_COMPLETED. */
export function wordOf(desc: DescEnum, value: number): string {
  return desc.value[value]?.localName.toLowerCase() ?? "unspecified";
}

/** The value of a word; 0, which is unspecified, for one that is unknown and for null. */
export function enumValueOf<Value extends number>(
  desc: GenEnum<Value>,
  word: string | null,
): Value {
  const value = desc.values.find(({ localName }) => localName.toLowerCase() === word);
  // The numbers of a descriptor are the values of its type.
  return (value?.number ?? 0) as Value;
}
