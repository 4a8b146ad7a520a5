import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

/** What a program of ours writes, and V8 of its collections. */
async function outputOf(flag: string, program: string): Promise<string[]> {
  const path = join(import.meta.dirname, program);
  const { stdout } = await promisify(execFile)(process.execPath, [flag, path]);
  return stdout.split("\n");
}

// proves: process.heap-grows
test("a process that serves collects all of its heap when that has grown to about three times what lives", async () => {
  const lines = await outputOf("--trace-gc-nvp", "test-busy-process.ts");
  const told = lines.findLast((line) => line.includes("gc=s ")) ?? "";
  const figure = (name: string) => Number(new RegExp(` ${name}=(\\d+)`).exec(told)?.[1]);
  expect(figure("old_gen_allocation_limit")).toBeGreaterThan(2.5 * figure("end_object_size"));
});

// proves: process.heap-grows
test("buffers that come and go are no reason to collect all of it", async () => {
  const lines = await outputOf("--trace-gc", "test-buffering-process.ts");
  const served = lines.slice(lines.indexOf("serving"));
  expect(served).toContain("served");
  // By itself Node 24 does so 24 to 27 times.
  expect(served.filter((line) => line.includes("Mark-Compact")).length).toBeLessThan(15);
});
