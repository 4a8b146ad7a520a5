import { expect, test } from "@jest/globals";
import { judge } from "./judge.ts";

/** One point a second, by its second. */
function series(valueAt: (second: number) => number, slack = 1) {
  const points = Array.from({ length: 601 }, (_, at) => ({ at, value: valueAt(at) }));
  return { name: "heap", points, slack };
}

const sawtooth = (second: number) => 100 + (second % 40);

test("the teeth of a garbage collector are flat", () => {
  expect(judge(series(sawtooth))).toMatchObject({ name: "heap", isFlat: true });
});

test("what only grew in the first half is flat", () => {
  expect(judge(series((second) => Math.min(second, 290) + 100)).isFlat).toBe(true);
});

test("a slow leak under the teeth is not flat", () => {
  const { isFlat, growth } = judge(series((second) => sawtooth(second) + second / 5));
  expect(isFlat).toBe(false);
  expect(growth).toBeGreaterThan(50);
});

test("what certainly grows, but not by enough to matter, is flat", () => {
  expect(judge(series((second) => 1_000 + second / 10))).toMatchObject({ isFlat: true });
  expect(judge(series((second) => 10 + second / 100, 5)).isFlat).toBe(true);
});

test("what shrinks is flat", () => {
  expect(judge(series((second) => 1_000 - second)).isFlat).toBe(true);
});
