import type { UsageTotals } from "@aibridge/proto/coder/aibridge/v1/session";

/** The columns of `usageCells`. */
export const usageColumns = ["requests", "input", "output", "cache read", "cache write"] as const;

/** A sum of usage in a number for each column. */
export function usageCells(usage: UsageTotals | undefined): string[] {
  const { interceptions, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } =
    usage ?? nothing;
  return [interceptions, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens].map(String);
}

const nothing = {
  interceptions: 0n,
  inputTokens: 0n,
  outputTokens: 0n,
  cacheReadTokens: 0n,
  cacheWriteTokens: 0n,
};

/** Adds up one number of each item. */
export function sumOf<Item>(items: readonly Item[], numberOf: (item: Item) => bigint): bigint {
  return items.reduce((sum, item) => sum + numberOf(item), 0n);
}
