import { expect, test } from "@jest/globals";
import { highest } from "./highest.ts";

function upTo(limit: number): { asked: number[]; holds: (number: number) => Promise<boolean> } {
  const asked: number[] = [];
  return { asked, holds: async (number) => asked.push(number) > 0 && number <= limit };
}

test("it doubles until it fails, then halves the gap", async () => {
  const { asked, holds } = upTo(700);
  expect(await highest(holds, { from: 100, max: 10_000, share: 0.1 })).toBe(700);
  expect(asked).toEqual([100, 200, 400, 800, 600, 700, 750]);
});

test("it never asks for more than the most, and says so if that holds", async () => {
  const { asked, holds } = upTo(5_000);
  expect(await highest(holds, { from: 100, max: 300, share: 0.1 })).toBe(300);
  expect(asked).toEqual([100, 200, 300]);
});

test("it finds a number just below the most", async () => {
  expect(await highest(upTo(290).holds, { from: 100, max: 300, share: 0.01 })).toBe(290);
});

test("it is 0 if the least fails", async () => {
  const { asked, holds } = upTo(10);
  expect(await highest(holds, { from: 100, max: 300, share: 0.1 })).toBe(0);
  expect(asked).toEqual([100]);
});

test("it begins at the most if that is less than the least", async () => {
  const { asked, holds } = upTo(5_000);
  expect(await highest(holds, { from: 100, max: 20, share: 0.1 })).toBe(20);
  expect(asked).toEqual([20]);
});
