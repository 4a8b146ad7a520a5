/**
 * A list of texts in metadata. The library types such lists, but does not look:
 * undefined for what is none.
 */
export function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((each) => typeof each === "string");
}
