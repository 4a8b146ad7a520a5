import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const program = join(import.meta.dirname, "test-starting-process.ts");

// proves: process.idle-memory
test("a process that begins to serve gives back what its start took of the heap", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const { before, after } = JSON.parse(stdout) as { before: number; after: number };
  expect(after).toBeLessThan(before * 0.6);
});
