import { isObject, type JsonObject } from "./json.ts";

/** A count of tokens as a provider sent it; 0 in place of what can't be one. */
export function counterFrom(value: unknown): number {
  return isCounter(value) ? value : 0;
}

/** What is left of `total` without `parts`: never less than 0, whatever a provider reports. */
export function remainder(total: unknown, ...parts: unknown[]): number {
  const sum = parts.reduce<number>((rest, part) => rest - counterFrom(part), counterFrom(total));
  return Math.max(0, sum);
}

/** Counters of one usage object beyond those that have a column of their own. */
const extraCountersMax = 64;

/**
 * The counters inside the objects of a usage object, by their path
 * (`output_tokens_details.reasoning_tokens`), but for those in `known`: what a
 * provider counts tomorrow is on record without a change here.
 */
export function nestedCounters(usage: JsonObject, known: readonly string[]): [string, number][] {
  const counters: [string, number][] = [];
  for (const [outer, group] of Object.entries(usage)) {
    if (!isObject(group)) continue;
    for (const [inner, value] of Object.entries(group)) {
      const path = `${outer}.${inner}`;
      if (isCounter(value) && path.length <= 128 && !known.includes(path)) {
        counters.push([path, value]);
      }
    }
  }
  return counters.slice(0, extraCountersMax);
}

function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
