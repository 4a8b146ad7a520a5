import { expect, test } from "@jest/globals";
import { keepTick } from "./keep-tick.ts";

test("what is kept is what Node makes for a tick", async () => {
  const tick = await keepTick();
  expect(Object.keys(tick)).toEqual(["callback", "args"]);
  expect(await keepTick()).toBe(tick);
});
