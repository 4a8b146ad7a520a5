import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect, test } from "@jest/globals";
import { SpoolFullError } from "../recorder.ts";
import { endedEvent, eventFrom, memoryLog, startedEvent } from "../test-events.ts";
import { openSpoolFolder } from "./folder.ts";
import { openSpool } from "./spool.ts";

/** A real file system of 1 MiB. Undefined where we may not mount one. */
async function mountSmallDisk() {
  const path = await mkdtemp(join(tmpdir(), "small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", path]).status === 0;
  const unmount = async () => {
    if (mounted) spawnSync("umount", [path]);
    await rm(path, { recursive: true });
  };
  if (mounted) return { path, [Symbol.asyncDispose]: unmount };
  await unmount();
  return undefined;
}

const title =
  "a real disk that is full refuses starts, loses nothing, and admits again when there is room";
const small = await mountSmallDisk();
// The same is tested against a disk in memory.
const missing = small ? undefined : "only root may mount a disk";

suiteThatNeeds(missing, "a full disk", () => {
  test(title, async () => {
    if (!small) throw new Error("unreachable");
    await using disk = small;
    const spool = await openSpool({
      folder: await openSpoolFolder(disk.path),
      log: memoryLog().log,
    });
    await spool.started(startedEvent("first"));
    await writeFile(join(disk.path, "ballast"), Buffer.alloc(2_000_000)).catch(() => {});
    const kept: string[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      const event = startedEvent();
      await spool.started(event).then(
        () => kept.push(event.interceptionId),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toBeInstanceOf(SpoolFullError);
    spool.record(endedEvent("first"));
    await rm(join(disk.path, "ballast"));
    await spool.started(startedEvent("last"));
    await spool.seal();
    const batch = await spool.next(500, new AbortController().signal);
    expect(
      batch?.events.map(eventFrom).map(({ kind, interceptionId }) => `${kind} ${interceptionId}`),
    ).toEqual([
      "started first",
      ...kept.map((id) => `started ${id}`),
      "ended first",
      "started last",
    ]);
    expect(spool.stats().drops).toBe(0);
    await spool.close();
  });
});
