import type { UsageCounters } from "../answer-draft.ts";
import { type JsonObject, objectFrom } from "../json.ts";
import { counterFrom, nestedCounters, remainder } from "../token-counters.ts";

const ownColumns = [
  "input_tokens_details.cached_tokens",
  "input_tokens_details.cache_write_tokens",
];

/** The counters of a usage object. The raw usage is its JSON. */
export function usageCounters(usage: JsonObject, serviceTier: string): UsageCounters {
  const { cached_tokens, cache_write_tokens } = objectFrom(usage.input_tokens_details);
  return {
    inputTokens: remainder(usage.input_tokens, cached_tokens, cache_write_tokens),
    outputTokens: counterFrom(usage.output_tokens),
    cacheReadTokens: counterFrom(cached_tokens),
    cacheWriteTokens: counterFrom(cache_write_tokens),
    extraTokens: {
      ...Object.fromEntries(nestedCounters(usage, ownColumns)),
      total_tokens: counterFrom(usage.total_tokens),
    },
    rawUsage: JSON.stringify(usage),
    serviceTier,
  };
}
