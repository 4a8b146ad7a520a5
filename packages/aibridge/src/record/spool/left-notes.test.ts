import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { jsonCodec } from "../json-codec.ts";
import { endedEvent, eventFrom, memoryLog, promptEvent, startedEvent } from "../test-events.ts";
import { openSpoolFolder } from "./folder.ts";
import { type LeftEvent, leaveNotes } from "./left-notes.ts";
import { openSpool, type Spool } from "./spool.ts";

let path = "";
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "aibridge-left-"));
});
afterEach(() => rm(path, { recursive: true, force: true }));

const open = async () =>
  await openSpool({ folder: await openSpoolFolder(path), log: memoryLog().log });

/** All that is in the spool, told as `<kind> <interception>`; acknowledged as it is read. */
async function drain(spool: Spool): Promise<string[]> {
  await spool.seal();
  const told: string[] = [];
  while (spool.stats().events > 0) {
    const batch = await spool.next(500, new AbortController().signal);
    for (const encoded of batch?.events ?? []) {
      const event = eventFrom(encoded);
      const status = event.kind === "ended" ? event.ended.status : "";
      told.push([event.kind, event.interceptionId, status].filter(Boolean).join(" "));
    }
    if (batch) await spool.acknowledge(batch);
  }
  await spool.close();
  return told;
}

const a = { start: startedEvent("a"), prompt: promptEvent("a"), end: endedEvent("a") };
const left = (kind: LeftEvent["kind"], event: Parameters<typeof jsonCodec.encode>[0]) => ({
  kind,
  bytes: jsonCodec.encode(event),
});

// proves: record.killed.every-request, record.killed.every-usage
test("what was left is the next owner's, who ends what has no end, and then removes the file", async () => {
  leaveNotes(path, [
    left("started", a.start),
    left("started", startedEvent("b")),
    left("other", a.prompt),
    left("ended", a.end),
  ]);
  expect(await drain(await open())).toEqual([
    "started a",
    "started b",
    "prompt a",
    "ended a completed",
    "ended b interrupted",
  ]);
  expect((await readdir(path)).filter((name) => name.endsWith(".notes"))).toEqual([]);
  expect(await drain(await open())).toEqual([]);
});

// proves: record.one-start-one-end
test("what the owner had taken is there once, and its open interceptions get the end that was left", async () => {
  const owner = await open();
  await owner.started(a.start);
  await owner.started(startedEvent("b"));
  // It is not closed first, as it would not be by a kill.
  leaveNotes(path, [left("started", a.start), left("other", a.prompt), left("ended", a.end)]);
  expect(await drain(await open())).toEqual([
    "started a",
    "started b",
    "prompt a",
    "ended a completed",
    "ended b interrupted",
  ]);
  await owner.close();
});

test("who has nothing to leave leaves no file", async () => {
  leaveNotes(path, []);
  expect(await readdir(path)).toEqual([]);
});
