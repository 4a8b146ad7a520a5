import { type Point, type Trend, trendOf } from "./trend.ts";

/** What is judged, and what is let pass. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Growth that means nothing for such a figure, however certain it is. */
  readonly slack: number;
}

export interface Judgement extends Trend {
  readonly name: string;
  /** What it may grow at most. */
  readonly allowed: number;
  readonly isFlat: boolean;
}

/** A leak that matters adds more than this part within half of a run. */
const allowedShare = 0.05;

/**
 * Judges the second half of a run, as the first fills caches and compiles code.
 * It is not flat if it certainly grew (by more than two standard errors), and by
 * more than a twentieth of its mean and the slack.
 */
export function judge({ name, points, slack }: Series): Judgement {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const trend = trendOf(points.filter(({ at }) => at >= (first + last) / 2));
  const allowed = Math.max(slack, trend.mean * allowedShare);
  const isCertain = trend.growth > 2 * trend.error;
  return { name, ...trend, allowed, isFlat: !(isCertain && trend.growth > allowed) };
}
