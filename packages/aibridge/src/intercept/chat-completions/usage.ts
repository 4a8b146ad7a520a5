import type { UsageCounters } from "../answer-draft.ts";
import { type JsonObject, objectFrom } from "../json.ts";
import { counterFrom, nestedCounters, remainder } from "../token-counters.ts";

const cachedTokens = "prompt_tokens_details.cached_tokens";

/** The counters of a usage object. The raw usage is its JSON. */
export function usageCounters(usage: JsonObject, serviceTier: string): UsageCounters {
  const { cached_tokens } = objectFrom(usage.prompt_tokens_details);
  return {
    inputTokens: remainder(usage.prompt_tokens, cached_tokens),
    outputTokens: counterFrom(usage.completion_tokens),
    cacheReadTokens: counterFrom(cached_tokens),
    cacheWriteTokens: 0,
    extraTokens: Object.fromEntries(nestedCounters(usage, [cachedTokens])),
    rawUsage: JSON.stringify(usage),
    serviceTier,
  };
}
