import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { openSpool, type Spool } from "../record/spool/spool.ts";
import { createTestDisk } from "../record/spool/test-disk.ts";
import { endedEvent, memoryLog, startedEvent } from "../record/test-events.ts";
import { type HeldRelay, startHeldRelay } from "./test-held-relay.ts";

/** A relay whose interception is on record when a spool says so, as in the gateway. */
async function startRecordedRelay(spool: Spool) {
  const relay = await startHeldRelay({
    beforeEnd: () => {
      spool.record(endedEvent("a"));
      return spool.written();
    },
  });
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

/** As on a busy gateway: others write in the same turns, and so all wait for their ends. */
function keepCompany(spool: Spool): void {
  for (let i = 0; i < 3; i++) void spool.written();
}

const heads = { whole: { "content-length": "5" }, streamed: {} };
for (const [how, head] of Object.entries(heads)) {
  for (const company of ["alone", "in company"]) {
    // proves: record.first-byte-not-later
    test(`the first byte of an answer that came ${how} leaves in the turn in which it came, ${company}`, async () => {
      const spool = await openOn(createTestDisk());
      const { relay, durable } = await startRecordedRelay(spool);
      await durable;
      if (company === "in company") keepCompany(spool);
      await turn();
      relay.answer.writeHead(200, head).end("hello");
      await relay.upstream.ended;
      await turn();
      expect(sent(relay)).toEqual(["start 200", "hello", "end"]);
      await relay[Symbol.asyncDispose]();
    });

    // proves: record.first-byte-not-later
    test(`the first byte of an answer that came ${how} leaves in the turn in which its start is durable, ${company}`, async () => {
      const disk = createTestDisk();
      const gate = Promise.withResolvers<void>();
      const spool = await openOn(disk);
      disk.gate = gate.promise;
      const { relay, durable } = await startRecordedRelay(spool);
      relay.answer.writeHead(200, head).end("hello");
      await relay.upstream.ended;
      expect(sent(relay)).toEqual([]);
      if (company === "in company") keepCompany(spool);
      await turn();
      gate.resolve();
      await durable;
      await turn();
      expect(sent(relay)).toEqual(["start 200", "hello", "end"]);
      await relay[Symbol.asyncDispose]();
    });
  }
}
