import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { announce } from "../announce.ts";
import { distributionOf } from "../distribution.ts";

/**
 * What this disk takes by itself: one write of a start's size and one
 * fdatasync, a thousand times a second, with nothing else in the process.
 * Arguments: a folder, and for how long in milliseconds.
 */
const [folder = "", durationMs = "5000"] = process.argv.slice(2);
const start = Buffer.alloc(256, "x");
const file = openSync(join(folder, `bare-${process.pid}`), "wx");
const never = new Int32Array(new SharedArrayBuffer(4));
const took: number[] = [];
const endAt = performance.now() + Number(durationMs);
for (let at = 0; performance.now() < endAt; at += start.length) {
  const from = performance.now();
  writeSync(file, start, 0, start.length, at);
  fdatasyncSync(file);
  const ms = performance.now() - from;
  took.push(ms);
  Atomics.wait(never, 0, 0, Math.max(0, 1 - ms));
}
closeSync(file);
announce(distributionOf(took));
