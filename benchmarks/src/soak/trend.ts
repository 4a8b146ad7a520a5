/** How a figure changes with time, by a line through all points. */
export interface Trend {
  /** The figure's mean. */
  readonly mean: number;
  /** How much the line rises from the first point to the last. */
  readonly growth: number;
  /** One standard error of that. Infinite if the points are too few to say. */
  readonly error: number;
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

/**
 * Fits a line by least squares. Memory is not scattered around its line, but
 * wanders in teeth of a saw, and a second's sample tells little that the one
 * before did not: the error is that of as few independent samples as the
 * correlation of neighbours leaves, n (1 - r) / (1 + r) of n.
 */
export function trendOf(points: readonly Point[]): Trend {
  const count = points.length;
  const meanAt = mean(points.map(({ at }) => at));
  const meanValue = mean(points.map(({ value }) => value));
  const spread = sum(points.map(({ at }) => (at - meanAt) ** 2));
  const slope =
    spread === 0
      ? 0
      : sum(points.map(({ at, value }) => (at - meanAt) * (value - meanValue))) / spread;
  const residuals = points.map(({ at, value }) => value - meanValue - slope * (at - meanAt));
  const squares = sum(residuals.map((residual) => residual ** 2));
  const independent = (count * (1 - correlation(residuals))) / (1 + correlation(residuals));
  const duration = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  return {
    mean: meanValue,
    growth: slope * duration,
    error:
      independent > 2
        ? Math.sqrt(squares / (independent - 2) / spread) * duration
        : Number.POSITIVE_INFINITY,
  };
}

/** Of each with its successor. What is the same throughout, or evades, has none. */
function correlation(residuals: readonly number[]): number {
  const squares = sum(residuals.map((residual) => residual ** 2));
  if (squares === 0) return 0;
  const products = residuals.slice(1).map((next, at) => next * (residuals[at] ?? 0));
  return Math.max(0, sum(products) / squares);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
