import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "@jest/globals";

const program = join(import.meta.dirname, "test-logging-process.ts");

function start(lines: number, end: string) {
  return spawn(process.execPath, [program, String(lines), end], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function numbersIn(output: string): number[] {
  return output
    .split("\n")
    .filter((line) => line.includes('"number":'))
    .map((line) => JSON.parse(line).number);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test.each(["return", "throw", "reject"])(
  "a process that ends by %s has written every line, in order",
  async (end) => {
    const child = start(5_000, end);
    const output = await text(child.stderr);
    expect(numbersIn(output)).toEqual(upTo(5_000));
  },
);

test("lines of a process that does nothing more are written when it exits", async () => {
  expect(numbersIn(await text(start(10, "exit").stderr))).toEqual(upTo(10));
});

test("a reader that is slow to begin gets every line, and holds nothing up", async () => {
  const child = start(20_000, "return");
  // The process says on stdout that it has logged all, while nobody has read any of it.
  await once(child.stdout, "data");
  expect(numbersIn(await text(child.stderr))).toEqual(upTo(20_000));
});

test("a reader that has gone does not stop the process", async () => {
  const child = start(20_000, "return");
  child.stderr.destroy();
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
});
