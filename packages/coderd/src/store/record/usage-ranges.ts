import { dayMs, hourMs } from "./usage-rollups.ts";

/** From `startMs` on, and before `endMs`; undefined: without end. In milliseconds since 1970. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs?: number | undefined;
}

/** A part of a time range, and what it is to be read from. */
export interface UsageRange extends TimeRange {
  /** Whole days and whole hours of UTC are added up already; for what is less, there are rows. */
  readonly source: "days" | "hours" | "rows";
}

/** Divides a range into as few parts as it takes to be exact, each with the coarsest source. */
export function divideUsageRange(range: TimeRange): UsageRange[] {
  const [days, aroundDays] = wholeUnits(range, dayMs);
  const hours = aroundDays.map((part) => wholeUnits(part, hourMs));
  return [
    ...days.map((part) => ({ ...part, source: "days" as const })),
    ...hours.flatMap(([whole]) => whole).map((part) => ({ ...part, source: "hours" as const })),
    ...hours.flatMap(([, rest]) => rest).map((part) => ({ ...part, source: "rows" as const })),
  ];
}

/** The whole units inside of a range, if there are any, and what is left of it around them. */
function wholeUnits(range: TimeRange, unitMs: number): [TimeRange[], TimeRange[]] {
  const { startMs, endMs } = range;
  const firstMs = Math.ceil(startMs / unitMs) * unitMs;
  const lastMs = endMs === undefined ? undefined : Math.floor(endMs / unitMs) * unitMs;
  if (lastMs !== undefined && firstMs >= lastMs) return [[], isEmpty(range) ? [] : [range]];
  const around = [
    { startMs, endMs: firstMs },
    ...(lastMs === undefined ? [] : [{ startMs: lastMs, endMs }]),
  ];
  return [[{ startMs: firstMs, endMs: lastMs }], around.filter((part) => !isEmpty(part))];
}

function isEmpty({ startMs, endMs }: TimeRange): boolean {
  return endMs !== undefined && startMs >= endMs;
}
