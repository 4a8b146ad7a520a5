import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const program = join(import.meta.dirname, "test-busy-process.ts");

// proves: process.heap-grows
test("a process that serves collects all of its heap when that has grown to about three times what lives", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--trace-gc-nvp", program]);
  const told = stdout.split("\n").findLast((line) => line.includes("gc=s ")) ?? "";
  const figure = (name: string) => Number(new RegExp(` ${name}=(\\d+)`).exec(told)?.[1]);
  expect(figure("old_gen_allocation_limit")).toBeGreaterThan(2.5 * figure("end_object_size"));
});
