import { isObject, type JsonObject } from "./json.ts";

/** Adds usage objects up, field by field and at every depth; of what is no number, the last counts. */
export function sumUsage(usages: readonly JsonObject[]): JsonObject {
  return usages.reduce<JsonObject>(plus, {});
}

function plus(a: JsonObject, b: JsonObject): JsonObject {
  const sum: Record<string, unknown> = { ...a };
  for (const [field, value] of Object.entries(b)) {
    const before = sum[field];
    if (typeof value === "number" && typeof before === "number") sum[field] = before + value;
    else if (isObject(value)) sum[field] = plus(isObject(before) ? before : {}, value);
    else if (value !== null || before === undefined) sum[field] = value;
  }
  return sum;
}
