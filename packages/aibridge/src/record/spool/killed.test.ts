import { setImmediate as turn } from "node:timers/promises";
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

/** From now on nothing becomes durable. */
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

/** Resolves when the provider may be asked. That it is durable, a test need not wait for. */
async function begin(spool: Spool, id: string): Promise<void> {
  void spool.started(startedEvent(id));
  await spool.written();
}

// proves: record.killed.every-request
test("a start is there after a kill although no sync had begun", async () => {
  const disk = createTestDisk();
  await begin(await open(disk), "a");
  expect(await drain(await reopen(disk))).toEqual(["started a", "ended a interrupted"]);
});

// proves: record.killed.every-usage
test("what was recorded up to an end is there after a kill although none of it was synced", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  stall(disk);
  spool.record(promptEvent("a"));
  spool.record(endedEvent("a"));
  await spool.written();
  const told = await drain(await reopen(disk));
  expect(told).toEqual(["started a", "prompt a", "ended a completed"]);
});

// proves: record.killed.every-usage
test("who can't wait for the end of the turn has what was recorded written before that", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  spool.record(promptEvent("a"));
  spool.record(endedEvent("a"));
  spool.writeNow();
  const told = await drain(await reopen(disk));
  expect(told).toEqual(["started a", "prompt a", "ended a completed"]);
});

// proves: record.first-byte-not-later
test("who is alone in a turn of the event loop need not wait for its end", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  for (const id of ["a", "b"]) {
    void spool.started(startedEvent(id));
    const written = spool.written();
    let turnEnded = false;
    setImmediate(() => {
      turnEnded = true;
    });
    await written;
    expect(turnEnded).toBe(false);
    await turn();
  }
  const told = ["started a", "started b", "ended a interrupted", "ended b interrupted"];
  expect(await drain(await reopen(disk))).toEqual(told);
});

test("where turns of the event loop are shared, the first in one waits for the others", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  let writes = 0;
  disk.fault = (operation) => {
    if (operation === "write") writes += 1;
  };
  await Promise.all(["a", "b"].map((id) => begin(spool, id)));
  expect(writes).toBe(2);
  await Promise.all(["c", "d", "e"].map((id) => begin(spool, id)));
  expect(writes).toBe(3);
});

test("what is taken in one turn of the event loop is one write", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  let writes = 0;
  disk.fault = (operation) => {
    if (operation === "write") writes += 1;
  };
  const starts = ["b", "c", "d"].map((id) => spool.started(startedEvent(id)));
  spool.record(promptEvent("a"));
  spool.record(endedEvent("a"));
  await spool.written();
  expect(writes).toBe(1);
  await Promise.all(starts);
  const told = ["started a", "started b", "started c", "started d"];
  expect(await drain(spool)).toEqual([...told, "prompt a", "ended a completed"]);
});

test("who waits for the end of a turn in which the spool is closed waits for nothing more", async () => {
  const spool = await open(createTestDisk());
  const written = spool.written();
  await spool.close();
  await written;
});

test("a start that can't be written is not written for anybody who waits for that", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  disk.fault = (operation) => {
    if (operation === "write") throw new Error("no space");
  };
  const start = expect(spool.started(startedEvent("a"))).rejects.toThrow(SpoolFullError);
  await expect(spool.written()).rejects.toThrow("no space");
  await start;
  expect(await drain(await reopen(disk))).toEqual([]);
});

test("what was written and not synced comes once, through kills that follow each other", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  stall(disk);
  await begin(spool, "b");
  const ended = ["ended a interrupted", "ended b interrupted"];
  const again = await reopen(disk);
  await again.seal();
  for (let time = 0; time < 3; time += 1) await reopen(disk);
  expect(await drain(await reopen(disk))).toEqual(["started a", "started b", ...ended]);
});

// proves: record.one-start-one-end
test("what was written while a new segment began is there once after a kill, whichever came first", async () => {
  const disk = createTestDisk();
  // Segments of 1 KiB.
  const spool = await open(disk, 16_384);
  const ids = Array.from({ length: 12 }, (_, index) => String(index));
  // The others are written while the first one's commit goes on to a new segment.
  const first = spool.started(startedEvent("0", "x".repeat(2_000)));
  let begun: Promise<void>[] = [];
  disk.fault = (operation) => {
    if (operation !== "create") return;
    disk.fault = () => {};
    begun = ids.slice(1).map((id) => spool.started(startedEvent(id)));
  };
  await first;
  while (begun.length === 0) await new Promise(setImmediate);
  await Promise.all(begun);
  for (const id of ids) spool.record(endedEvent(id));
  await spool.written();
  expect(disk.files.size).toBeGreaterThan(1);
  const told = await drain(await reopen(disk, 16_384));
  expect(told.toSorted()).toEqual(
    ids.flatMap((id) => [`ended ${id} completed`, `started ${id}`]).toSorted(),
  );
});

test("an interception that ended and was shipped is not told of again", async () => {
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

test.each(["write", "sync"])(
  "a start that was refused, for its %s failed, does not come back after a kill",
  async (step) => {
    const disk = createTestDisk();
    const spool = await open(disk);
    disk.fault = (operation) => {
      if (operation === step) throw new Error("no space");
    };
    await expect(spool.started(startedEvent("a"))).rejects.toThrow(SpoolFullError);
    expect(await drain(await reopen(disk))).toEqual([]);
  },
);

test("an end that can't be written is kept, and written when the disk takes again", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  disk.fault = (operation) => {
    if (operation === "write") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  spool.record(promptEvent("a"));
  spool.record(endedEvent("a"));
  await expect(spool.written()).rejects.toThrow("no space");
  expect(spool.stats().problem).toBe("failing");
  disk.fault = () => {};
  await spool.started(startedEvent("b"));
  expect(spool.stats().problem).toBeUndefined();
  expect(await drain(spool)).toEqual(["started a", "prompt a", "ended a completed", "started b"]);
});

test("where there is no room for a segment nobody is admitted, what is there is given out, and it recovers", async () => {
  const disk = createTestDisk();
  await (await open(disk)).started(startedEvent("a"));
  disk.kill();
  disk.fault = (operation) => {
    if (operation === "create") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  const spool = await open(disk);
  await expect(spool.started(startedEvent("b"))).rejects.toThrow(SpoolFullError);
  const batch = await spool.next(500, never);
  expect(batch?.events.map(tell)).toEqual(["started a"]);
  if (batch) await spool.acknowledge(batch);
  disk.fault = () => {};
  while (spool.stats().problem) await new Promise(setImmediate);
  await spool.started(startedEvent("c"));
  expect(await drain(spool)).toEqual(["ended a interrupted", "started c"]);
});

test("after a loss of power, starts that nobody was told of may be missing, and those told of are there", async () => {
  const disk = createTestDisk();
  const spool = await open(disk);
  await spool.started(startedEvent("a"));
  stall(disk);
  await begin(spool, "b");
  disk.crash(0);
  disk.gate = Promise.resolve();
  expect(await drain(await open(disk))).toEqual(["started a", "ended a interrupted"]);
});
