import { setImmediate } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { EncodedEvent } from "../codec.ts";
import { SpoolFullError } from "../recorder.ts";
import { endedEvent, eventFrom, memoryLog, promptEvent, startedEvent } from "../test-events.ts";
import { encodeFrame, scanFrames } from "./frame.ts";
import { openSpool, type Spool } from "./spool.ts";
import { createTestDisk, type TestDisk } from "./test-disk.ts";

const never = new AbortController().signal;

async function open(
  disk: TestDisk,
  options: { bytesMax?: number; bytesPerInterception?: number } = {},
) {
  const { log, lines } = memoryLog();
  const spool = await openSpool({ folder: disk.folder, log, now: () => 10_000, ...options });
  return { spool, lines };
}

/** All that is in the spool, told as `<kind> <interception>`; acknowledged as it is read. */
async function drain(spool: Spool): Promise<string[]> {
  await spool.seal();
  const told: string[] = [];
  while (spool.stats().events > 0) {
    const batch = await spool.next(500, never);
    for (const event of batch?.events ?? []) told.push(tell(event));
    if (batch) await spool.acknowledge(batch);
  }
  return told;
}

function tell(encoded: EncodedEvent): string {
  const event = eventFrom(encoded);
  const status = event.kind === "ended" ? event.ended.status : "";
  return [event.kind, event.interceptionId, status].filter(Boolean).join(" ");
}

test("starts that come together, or while others are being made durable, share one sync", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  const gate = Promise.withResolvers<void>();
  disk.gate = gate.promise;
  const some = () => Array.from({ length: 50 }, () => spool.started(startedEvent()));
  const together = some();
  await setImmediate();
  const meanwhile = some();
  gate.resolve();
  await Promise.all([...together, ...meanwhile]);
  // The segment's head, the first fifty, the others.
  expect(disk.syncs()).toBe(3);
  expect(spool.stats()).toMatchObject({ events: 100, commits: 2, drops: 0 });
  await spool.close();
});

test("a start resolves only once it is durable", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  await spool.started(startedEvent("a"));
  disk.crash(0);
  const next = await open(disk);
  expect(await drain(next.spool)).toEqual(["started a", "ended a interrupted"]);
});

test("an event that nobody waits for becomes durable without another", async () => {
  const { spool } = await open(createTestDisk());
  spool.record(promptEvent("a"));
  const batch = await spool.next(500, never);
  expect(batch?.events.map(tell)).toEqual(["prompt a"]);
  await spool.close();
});

test("events keep their fields and their time through the spool", async () => {
  const { spool } = await open(createTestDisk());
  const event = promptEvent("a", 'quotes " and \u0000 and \u{1f600}');
  spool.record(event);
  expect((await spool.next(500, never))?.events.map(eventFrom)).toEqual([event]);
  await spool.close();
});

test("a batch ends at its bound, and what was not acknowledged is given again", async () => {
  const { spool } = await open(createTestDisk());
  for (const id of ["a", "b", "c"]) spool.record(promptEvent(id));
  const first = await spool.next(2, never);
  expect(first?.events.map(tell)).toEqual(["prompt a", "prompt b"]);
  expect((await spool.next(2, never))?.events.map(tell)).toEqual(["prompt a", "prompt b"]);
  if (first) await spool.acknowledge(first);
  expect(await drain(spool)).toEqual(["prompt c"]);
  await spool.close();
});

test("an event larger than a read is read whole", async () => {
  const { spool } = await open(createTestDisk());
  const text = "x".repeat(3_000_000);
  spool.record(promptEvent("a", text));
  expect((await spool.next(500, never))?.events.map(eventFrom)).toMatchObject([
    { prompt: { text } },
  ]);
  await spool.close();
});

test("an interception whose start was shipped and removed is still ended after a crash", async () => {
  const disk = createTestDisk();
  // Segments of 1 KiB: the start's is long gone when the process dies.
  const { spool } = await open(disk, { bytesMax: 16_384, bytesPerInterception: 100 });
  await spool.started(startedEvent("long"));
  for (const id of ["a", "b", "c", "d"]) {
    await spool.started(startedEvent(id));
    spool.record(endedEvent(id));
  }
  await spool.started(startedEvent("last"));
  await drain(spool);
  expect(disk.files.size).toBe(1);
  expect(disk.files.has("000000000001.spool")).toBe(false);
  disk.crash(0);
  const told = await drain((await open(disk)).spool);
  expect(told.slice(-2)).toEqual(["ended long interrupted", "ended last interrupted"]);
});

test("interceptions are ended once, at the last sign of life, however often recovery crashes", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  await spool.started(startedEvent("a"));
  for (let crash = 0; crash < 3; crash += 1) {
    disk.crash(0);
    const again = await open(disk);
    if (crash > 0) await again.spool.seal();
  }
  disk.crash(0);
  const last = await open(disk);
  const batch = await last.spool.next(500, never);
  await last.spool.seal();
  expect(batch?.events.map(tell)).toEqual(["started a"]);
  expect(await drain(last.spool)).toEqual(["started a", "ended a interrupted"]);
});

test("a segment cut at any byte gives back every event before the cut, and takes new ones", async () => {
  const source = createTestDisk();
  const { spool } = await open(source);
  await spool.started(startedEvent("a"));
  await spool.started(startedEvent("b"));
  await spool.seal();
  const name = "000000000001.spool";
  const bytes = source.files.get(name) ?? Buffer.alloc(0);
  const starts = scanFrames(bytes, true).frames.filter(({ kind }) => kind === "started");
  const firstEnd = starts[0]?.end;
  if (firstEnd === undefined) throw new Error("no start was written");
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const disk = createTestDisk();
    disk.replace(name, bytes.subarray(0, cut));
    const { spool: again, lines } = await open(disk);
    const told = await drain(again);
    expect(told.includes("started a")).toBe(cut >= firstEnd);
    expect(told.includes("started b")).toBe(cut === bytes.length);
    expect(told.filter((line) => line.startsWith("ended"))).toHaveLength(told.length / 2);
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
  }
});

test("what an earlier process left and can't be read is passed over, and reported", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  await spool.started(startedEvent("a"));
  await spool.seal();
  const [name, bytes] = [...disk.files][0] ?? ["", Buffer.alloc(0)];
  const unreadable = encodeFrame("other", Buffer.from("no event"));
  disk.replace(name, Buffer.concat([bytes, unreadable]));
  disk.crash(1);
  const { spool: again, lines } = await open(disk);
  expect(await drain(again)).toEqual(["started a", "ended a interrupted"]);
  expect(lines).toEqual(["info spool recovered", "error record event lost: can't be read"]);
  expect(again.stats()).toMatchObject({ drops: 1, events: 0 });
});

test("damage in the middle costs what it touches, and is reported", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  for (const id of ["a", "b", "c"]) await spool.started(startedEvent(id));
  await spool.seal();
  const [name, bytes] = [...disk.files][0] ?? ["", Buffer.alloc(0)];
  const damaged = Buffer.from(bytes);
  damaged.write("?", damaged.indexOf('"interceptionId":"b"'));
  disk.replace(name, damaged);
  disk.crash(1);
  const { spool: again, lines } = await open(disk);
  expect(lines).toEqual(["error spool is damaged", "info spool recovered"]);
  expect(await drain(again)).toEqual([
    "started a",
    "started c",
    "ended a interrupted",
    "ended c interrupted",
  ]);
});

test("a full spool refuses starts, takes what the admitted still write, and admits again once shipped", async () => {
  const { spool } = await open(createTestDisk(), { bytesMax: 8_192, bytesPerInterception: 1_024 });
  const admitted: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    await spool.started(startedEvent(String(index))).then(
      () => admitted.push(String(index)),
      (error: unknown) => expect(error).toBeInstanceOf(SpoolFullError),
    );
  }
  expect(admitted.length).toBeGreaterThan(2);
  expect(spool.stats()).toMatchObject({ refused: 20 - admitted.length, problem: "full" });
  for (const id of admitted) {
    spool.record(promptEvent(id));
    spool.record(endedEvent(id));
  }
  for (let left = admitted.length * 3; left > 0; ) {
    const batch = await spool.next(500, never);
    left -= batch?.events.length ?? 0;
    if (batch) await spool.acknowledge(batch);
  }
  await spool.started(startedEvent("again"));
  expect(spool.stats()).toMatchObject({ drops: 0, events: 1, problem: undefined });
  await spool.close();
});

test("a disk that fails refuses starts, keeps what the admitted wrote, and recovers", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  await spool.started(startedEvent("a"));
  disk.fault = (operation) => {
    if (operation === "sync") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  spool.record(endedEvent("a"));
  await expect(spool.started(startedEvent("refused"))).rejects.toThrow(SpoolFullError);
  disk.fault = () => {};
  await spool.started(startedEvent("b"));
  expect(await drain(spool)).toEqual(["started a", "ended a completed", "started b"]);
  expect(spool.stats()).toMatchObject({ drops: 0, refused: 1 });
});

test("a disk that failed is tried again although nobody asks, and the problem is over when it takes", async () => {
  const disk = createTestDisk();
  const { spool, lines } = await open(disk);
  disk.fault = (operation) => {
    if (operation === "sync") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  await expect(spool.started(startedEvent("refused"))).rejects.toThrow(SpoolFullError);
  expect(spool.stats().problem).toBe("failing");
  const healed = Promise.withResolvers<void>();
  let tried = 0;
  disk.fault = (operation) => {
    if (operation !== "sync") return;
    tried += 1;
    if (tried === 1) throw new Error("still no space");
    healed.resolve();
  };
  await healed.promise;
  while (spool.stats().problem) await setImmediate();
  await spool.started(startedEvent("a"));
  expect(await drain(spool)).toEqual(["started a"]);
  expect(lines.filter((line) => line === "error spool can't be written")).toHaveLength(2);
  await spool.close();
});

test("events that outgrew memory are read from the disk, once and in order", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  const text = "x".repeat(500_000);
  let reads = 0;
  disk.fault = (operation) => {
    if (operation === "read") reads += 1;
  };
  const ids = Array.from({ length: 12 }, (_, index) => String(index));
  for (const id of ids) {
    await spool.started(startedEvent(id));
    spool.record(promptEvent(id, text));
  }
  const told = await drain(spool);
  expect(told).toEqual(ids.flatMap((id) => [`started ${id}`, `prompt ${id}`]));
  expect(reads).toBeGreaterThan(0);
  await spool.close();
});

test("a reader that fell behind, and catches up while more comes, has each event once and in order", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk, { bytesPerInterception: 10 });
  const expected: string[] = [];
  const told: string[] = [];
  let reads = 0;
  disk.fault = (operation) => {
    if (operation === "read") reads += 1;
  };
  const begin = (many: number) => {
    const ids = Array.from({ length: many }, (_, index) => String(expected.length + index));
    expected.push(...ids.map((id) => `started ${id}`));
    return Promise.all(ids.map((id) => spool.started(startedEvent(id, "x".repeat(200)))));
  };
  let batches = 0;
  const take = async () => {
    batches += 1;
    const batch = await spool.next(500, never);
    told.push(...(batch?.events.map(tell) ?? []));
    if (batch) await spool.acknowledge(batch);
  };
  while (spool.stats().events < 8_300) await begin(300);
  while (spool.stats().events > 6_000) {
    await begin(100);
    await take();
  }
  while (spool.stats().events > 0) await take();
  expect(told).toEqual(expected);
  expect(reads).toBeGreaterThan(0);
  // A read is of 1 MiB, which is three batches here.
  expect(reads).toBeLessThan(batches * 0.6);
  // Caught up: from memory.
  reads = 0;
  await begin(100);
  await take();
  expect(told).toEqual(expected);
  expect(reads).toBe(0);
  await spool.close();
});

test("what was just written is shipped from memory", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk, { bytesMax: 16_384, bytesPerInterception: 100 });
  disk.fault = (operation) => {
    if (operation === "read") throw new Error("read");
  };
  // Over several segments, of 1 KiB each.
  const ids = Array.from({ length: 8 }, (_, index) => String(index));
  for (const id of ids) await spool.started(startedEvent(id));
  expect(await drain(spool)).toEqual(ids.map((id) => `started ${id}`));
  await spool.close();
});

test("once all is shipped and nothing is open, closing leaves nothing behind", async () => {
  const disk = createTestDisk();
  const { spool } = await open(disk);
  await spool.started(startedEvent("a"));
  spool.record(endedEvent("a"));
  await drain(spool);
  await spool.close();
  expect([...disk.files.keys()]).toEqual([]);
});

test("waiting for events ends when its signal aborts", async () => {
  const { spool } = await open(createTestDisk());
  const stop = new AbortController();
  const next = spool.next(500, stop.signal);
  stop.abort();
  expect(await next).toBeUndefined();
  await spool.close();
});

test("the age is that of the oldest event that is not acknowledged", async () => {
  const { spool } = await open(createTestDisk());
  expect(spool.stats().oldestAgeMs).toBe(0);
  await spool.started(startedEvent("a"));
  await spool.started(startedEvent("b"));
  const batch = await spool.next(1, never);
  if (batch) await spool.acknowledge(batch);
  // The start's own time is 1,000.
  expect(spool.stats().oldestAgeMs).toBe(9_000);
  await drain(spool);
  expect(spool.stats().oldestAgeMs).toBe(0);
  await spool.close();
});
