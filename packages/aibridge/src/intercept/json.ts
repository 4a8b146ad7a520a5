/** Any JSON object, as a stranger sent it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object: neither an array nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object itself, or an empty one in place of anything else. */
export function objectFrom(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The objects of an array; none if it is no array. */
export function objectsFrom(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The text itself, or an empty one in place of anything else. */
export function textFrom(value: unknown): string {
  return typeof value === "string" ? value : "";
}
