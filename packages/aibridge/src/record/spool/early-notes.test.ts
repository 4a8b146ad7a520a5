import { expect, test } from "@jest/globals";
import type { EncodedEvent } from "../codec.ts";
import { SpoolFullError } from "../recorder.ts";
import { endedEvent, eventFrom, memoryLog, promptEvent, startedEvent } from "../test-events.ts";
import { openSpool, type Spool } from "./spool.ts";
import { createTestDisk, type TestDisk } from "./test-disk.ts";

const never = new AbortController().signal;

async function open(disk: TestDisk, bytesMax?: number): Promise<Spool> {
  return await openSpool({
    folder: disk.folder,
    log: memoryLog().log,
    ...(bytesMax && { bytesMax, bytesPerInterception: 100 }),
  });
}

/** All that is in the spool, told as `<kind> <interception>`; acknowledged as it is read. */
async function drain(spool: Spool): Promise<string[]> {
  await spool.seal();
  const told: string[] = [];
  while (spool.stats().events > 0) {
    const batch = await spool.next(500, never);
    told.push(...(batch?.events.map(tell) ?? []));
    if (batch) await spool.acknowledge(batch);
  }
  return told;
}

function tell(encoded: EncodedEvent): string {
  const event = eventFrom(encoded);
  const status = event.kind === "ended" ? event.ended.status : "";
  return [event.kind, event.interceptionId, status].filter(Boolean).join(" ");
}

/** From now on no segment is written. */
function stall(disk: TestDisk): void {
  disk.gate = new Promise(() => {});
}

/** The process is killed, and its next one finds a disk that works. */
async function reopen(disk: TestDisk, bytesMax?: number): Promise<Spool> {
  disk.kill();
  disk.gate = Promise.resolve();
  disk.fault = () => {};
  return await open(disk, bytesMax);
}

/** As a test names what is not waited for: it never settles. */
function begin(spool: Spool, id: string): void {
  void spool.started(startedEvent(id));
}

// proves: record.killed.every-request
test("a start is there after a kill although no commit had begun", async () => {
  const disk = createTestDisk();
  begin(await open(disk), "a");
  expect(await drain(await reopen(disk))).toEqual(["started a", "ended a interrupted"]);
});

// proves: record.killed.every-usage
test("what was recorded up to an end is there after a kill although none of it was committed", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  stall(disk);
  spool.record(promptEvent("a"));
  spool.record(endedEvent("a"));
  const told = await drain(await reopen(disk));
  expect(told).toEqual(["started a", "prompt a", "ended a completed"]);
});

test("what was recorded without an end is not taken from a torn note of one", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  stall(disk);
  spool.record(promptEvent("a"));
  spool.record(endedEvent("a"));
  const [name, bytes] = [...disk.notes][0] ?? ["", Buffer.alloc(0)];
  disk.folder.notes(name).clear();
  disk.folder.notes(name).append(bytes.subarray(0, -1));
  expect(await drain(await reopen(disk))).toEqual(["started a", "ended a interrupted"]);
});

test("what segments and notes both hold comes once, through kills that follow each other", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  stall(disk);
  begin(spool, "b");
  for (let time = 0; time < 3; time += 1) await reopen(disk);
  const told = await drain(await reopen(disk));
  expect(told).toEqual(["started a", "started b", "ended a interrupted", "ended b interrupted"]);
});

test("an interception that ended and was shipped is not reopened by a note of its start", async () => {
  const disk = createTestDisk();
  // Segments of 1 KiB: the first start's is gone when the process dies.
  const spool = await open(disk, 16_384);
  for (const id of ["a", "b", "c", "d"]) {
    await spool.started(startedEvent(id));
    spool.record(endedEvent(id));
  }
  await drain(spool);
  expect(disk.files.has("000000000001.spool")).toBe(false);
  const told = await drain(await reopen(disk));
  expect(told.filter((line) => line.endsWith("interrupted"))).toEqual([]);
});

test.each([
  ["an end", "ended"],
  ["a start", "started"],
])(
  "when %s can't be noted, no older note is left to mislead, and the commit decides",
  async (_, kind) => {
    const disk = createTestDisk();
    const spool = await open(disk);
    await spool.started(startedEvent("a"));
    disk.fault = (operation) => {
      if (operation === "note") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    if (kind === "ended") spool.record(endedEvent("a"));
    else await spool.started(startedEvent("b"));
    expect([...disk.notes.values()].map(({ length }) => length)).toEqual([0]);
    expect(await drain(spool)).toEqual([
      "started a",
      kind === "ended" ? "ended a completed" : "started b",
    ]);
  },
);

test("a start that was refused does not come back after a kill", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  disk.fault = (operation) => {
    if (operation === "sync") throw new Error("no space");
  };
  await expect(spool.started(startedEvent("a"))).rejects.toThrow(SpoolFullError);
  expect(await drain(await reopen(disk))).toEqual([]);
});

test("after a loss of power nothing is taken from notes, for some of them may be missing", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  stall(disk);
  begin(spool, "a");
  disk.crash(1);
  disk.gate = Promise.resolve();
  expect(await drain(await open(disk))).toEqual([]);
});

test("notes stay small, however much is recorded", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  let most = 0;
  for (let count = 0; count < 400; count += 1) {
    await spool.started(startedEvent(String(count), "x".repeat(4_000)));
    const bytes = [...disk.notes.values()].map(({ length }) => length);
    most = Math.max(most, ...bytes);
    expect(bytes.length).toBeLessThanOrEqual(2);
  }
  expect(most).toBeGreaterThan(256 * 1_024);
  expect(most).toBeLessThan(270 * 1_024);
  await spool.close();
  expect([...disk.notes]).toEqual([]);
});
