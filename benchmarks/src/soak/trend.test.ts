import { expect, test } from "@jest/globals";
import { trendOf } from "./trend.ts";

function pointsOf(values: readonly number[]) {
  return values.map((value, at) => ({ at, value }));
}

test("what grows by a line has its growth, and no error", () => {
  const trend = trendOf(pointsOf([10, 12, 14, 16, 18]));
  expect(trend).toEqual({ mean: 14, growth: 8, error: 0 });
});

test("what stays the same does not grow", () => {
  expect(trendOf(pointsOf([7, 7, 7, 7]))).toEqual({ mean: 7, growth: 0, error: 0 });
});

test("scatter without correlation has the error of the textbook", () => {
  // Residuals 0.2, -0.4, 0.2, 0 ... of y = 1, 1, 2, 2, 3 over x = 0..4: slope 0.5.
  const trend = trendOf(pointsOf([1, 1, 2, 2, 3]));
  expect(trend.growth).toBeCloseTo(2, 10);
  // sqrt(0.3 / 3 / 10) * 4
  expect(trend.error).toBeCloseTo(0.4, 10);
});

test("teeth of a saw have a larger error than as much scatter", () => {
  const teeth = Array.from({ length: 120 }, (_, at) => at % 30);
  const scattered = Array.from({ length: 120 }, (_, at) => (at * 7) % 30);
  expect(trendOf(pointsOf(teeth)).error).toBeGreaterThan(3 * trendOf(pointsOf(scattered)).error);
});

test("too few points can't say how wrong they are", () => {
  expect(trendOf(pointsOf([1, 2])).error).toBe(Number.POSITIVE_INFINITY);
});
