import { expect, test } from "@jest/globals";
import { Wheel } from "./wheel.ts";

function turn(wheel: Wheel<string>, elapsedMs: number): string[] {
  const turns: string[] = [];
  wheel.turnTo(elapsedMs, (members) => turns.push([...members].join("+")));
  return turns;
}

test("each member has one turn in a period, and members are spread over it", () => {
  const wheel = new Wheel<string>(3);
  for (const name of ["a", "b", "c", "d"]) wheel.join(name);
  expect(turn(wheel, 1)).toEqual(["a+d"]);
  expect(turn(wheel, 3)).toEqual(["b", "c"]);
  expect(turn(wheel, 3.9)).toEqual([]);
  expect(turn(wheel, 6)).toEqual(["a+d", "b", "c"]);
});

test("turns that are more than a period late are left out", () => {
  const wheel = new Wheel<string>(2);
  wheel.join("a");
  expect(turn(wheel, 100)).toEqual(["a"]);
});

test("who left has no turn", () => {
  const wheel = new Wheel<string>(1);
  wheel.join("a");
  const leave = wheel.join("b");
  leave();
  expect(turn(wheel, 1)).toEqual(["a"]);
  expect(wheel.size).toBe(1);
});
