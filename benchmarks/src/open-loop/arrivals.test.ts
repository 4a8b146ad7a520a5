import { expect, test } from "@jest/globals";
import { arrivals } from "./arrivals.ts";

function take(schedule: Generator<number, never>, count: number): number[] {
  return Array.from({ length: count }, () => schedule.next().value);
}

test("a constant rate is even from the first request on, and does not drift", () => {
  expect(take(arrivals("constant", 250), 4)).toEqual([0, 4, 8, 12]);
  expect(take(arrivals("constant", 300), 300_001).at(-1)).toBe(1_000_000);
});

test("Poisson arrivals are the sum of exponential times", () => {
  const halves = () => 0.5;
  expect(take(arrivals("poisson", 1_000, halves), 3).map((ms) => ms.toFixed(6))).toEqual([
    "0.000000",
    "0.693147",
    "1.386294",
  ]);
});

test("Poisson arrivals have the rate that was asked for, and as much variance as that says", () => {
  // A generator of Lehmer: seeded, so that this test sees the same every time.
  let state = 42;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const due = take(arrivals("poisson", 500, random), 100_001);
  const gaps = due.slice(1).map((ms, at) => ms - (due[at] ?? 0));
  const mean = gaps.reduce((all, gap) => all + gap, 0) / gaps.length;
  const variance = gaps.reduce((all, gap) => all + (gap - mean) ** 2, 0) / gaps.length;
  expect(mean).toBeCloseTo(2, 1);
  expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
});

test("no random number makes a time infinite", () => {
  expect(
    take(
      arrivals("poisson", 1, () => 0),
      2,
    ),
  ).toEqual([0, 0]);
  const almostOne = () => 1 - Number.EPSILON / 2;
  expect(take(arrivals("poisson", 1, almostOne), 2)[1]).toBeLessThan(40_000);
});
