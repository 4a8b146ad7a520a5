import { integerBetween, variable } from "@aibridge/runtime";
import { flag } from "../command.ts";
import type { FirstItems } from "./first-items.ts";

/** How much of a list to show. */
export const limitFlag = flag(
  "--limit <count>",
  "at most so many, the newest first",
  variable("AIBRIDGE_LIMIT", integerBetween(1, 100_000), "100"),
);

/** A table, and below it, if it isn't all, how to see more. */
export function withMore(text: string, { items, more }: FirstItems<unknown>): string {
  return more ? `${text}\n\nThe first ${items.length}; there are more, see --limit` : text;
}
