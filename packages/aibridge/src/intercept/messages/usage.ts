import type { UsageCounters } from "../answer-draft.ts";
import { isObject, type JsonObject, textFrom } from "../json.ts";
import { counterFrom, nestedCounters } from "../token-counters.ts";

/**
 * A later usage object over an earlier one, field by field: the counts of
 * `message_delta` are cumulative. A null says nothing.
 */
export function mergeUsage(
  earlier: JsonObject | undefined,
  later: unknown,
): JsonObject | undefined {
  if (!isObject(later)) return earlier;
  if (earlier === undefined) return later;
  const said = Object.entries(later).filter(
    ([field, value]) => value !== null || earlier[field] === undefined,
  );
  return { ...earlier, ...Object.fromEntries(said) };
}

/**
 * The counters of a usage object. `input_tokens` is without cache as it comes.
 * The raw usage is the JSON of the merged objects.
 */
export function usageCounters(usage: JsonObject): UsageCounters {
  return {
    inputTokens: counterFrom(usage.input_tokens),
    outputTokens: counterFrom(usage.output_tokens),
    cacheReadTokens: counterFrom(usage.cache_read_input_tokens),
    cacheWriteTokens: counterFrom(usage.cache_creation_input_tokens),
    extraTokens: Object.fromEntries(nestedCounters(usage, [])),
    rawUsage: JSON.stringify(usage),
    serviceTier: textFrom(usage.service_tier),
  };
}
