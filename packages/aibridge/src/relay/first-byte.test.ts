import { expect, test } from "@jest/globals";
import { openSpool, type Spool } from "../record/spool/spool.ts";
import { createTestDisk } from "../record/spool/test-disk.ts";
import { endedEvent, memoryLog, startedEvent } from "../record/test-events.ts";
import { type HeldRelay, startHeldRelay } from "./test-held-relay.ts";

/** A relay that tells a spool of its interception's end, as in the gateway. */
async function startRelay(spool: Spool, id: string): Promise<HeldRelay> {
  return await startHeldRelay({
    beforeEnd: () => spool.record(endedEvent(id)),
    beforeLastByte: spool.writeNow,
  });
}

/** The same, whose start is on its way to the disk. */
async function startRecordedRelay(spool: Spool) {
  const relay = await startRelay(spool, "a");
  const durable = spool.started(startedEvent("a")).then(relay.admit);
  await spool.written();
  return { relay, durable };
}

async function openOn(disk: ReturnType<typeof createTestDisk>): Promise<Spool> {
  return await openSpool({ folder: disk.folder, log: memoryLog().log });
}

function sent({ told }: HeldRelay): string[] {
  return told.filter((line) => !line.startsWith("read"));
}

/** As on a busy gateway: others write in the same turn of the event loop, and wait for its end. */
function keepCompany(spool: Spool): void {
  for (let i = 0; i < 3; i++) void spool.written();
}

/** When all is done that can be done now: nothing else was read, and no timer has come. */
function nothingMoreToDoNow(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

const heads = { whole: { "content-length": "5" }, streamed: {} };
for (const [how, head] of Object.entries(heads)) {
  for (const company of ["alone", "in company"]) {
    // proves: record.first-byte-not-later
    test(`the first byte of an answer that came ${how} leaves when it has come, ${company}, and waits for nothing else`, async () => {
      const spool = await openOn(createTestDisk());
      const { relay, durable } = await startRecordedRelay(spool);
      await durable;
      relay.answer.writeHead(200, head).end("hello");
      if (company === "in company") keepCompany(spool);
      await relay.upstream.ended;
      expect(sent(relay)).toEqual(["start 200", "hello", "end"]);
      await relay[Symbol.asyncDispose]();
    });

    // proves: record.first-byte-not-later
    test(`the first byte of an answer that came ${how} leaves when its start is durable, ${company}, and waits for nothing else`, async () => {
      const disk = createTestDisk();
      const gate = Promise.withResolvers<void>();
      const spool = await openOn(disk);
      disk.gate = gate.promise;
      const { relay, durable } = await startRecordedRelay(spool);
      relay.answer.writeHead(200, head).end("hello");
      await relay.upstream.ended;
      expect(sent(relay)).toEqual([]);
      if (company === "in company") keepCompany(spool);
      gate.resolve();
      await durable;
      await nothingMoreToDoNow();
      expect(sent(relay)).toEqual(["start 200", "hello", "end"]);
      await relay[Symbol.asyncDispose]();
    });
  }
}

test("the ends of answers that one sync admitted are one write", async () => {
  const disk = createTestDisk();
  const spool = await openOn(disk);
  const ids = ["a", "b", "c"];
  const relays = await Promise.all(ids.map((id) => startRelay(spool, id)));
  for (const { answer } of relays) answer.writeHead(200, heads.whole).end("hello");
  await Promise.all(relays.map(({ upstream }) => upstream.ended));
  const admitted = relays.map(({ admit }, i) => spool.started(startedEvent(ids[i])).then(admit));
  await spool.written();
  let writes = 0;
  disk.fault = (operation) => {
    if (operation === "write") writes += 1;
  };
  await Promise.all(admitted);
  await nothingMoreToDoNow();
  for (const relay of relays) expect(sent(relay)).toEqual(["start 200", "hello", "end"]);
  expect(writes).toBe(1);
  for (const relay of relays) await relay[Symbol.asyncDispose]();
});
