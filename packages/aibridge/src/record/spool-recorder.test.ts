import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import type { RecordEvent } from "./events.ts";
import type { Ship } from "./ship/shipper.ts";
import { openSpoolRecorder } from "./spool-recorder.ts";
import { endedEvent, eventFrom, memoryLog, startedEvent } from "./test-events.ts";

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "spool-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Takes everything. */
function keeper(): { readonly took: RecordEvent[]; readonly ship: Ship } {
  const took: RecordEvent[] = [];
  const ship: Ship = async (events) => {
    took.push(...events.map(eventFrom));
    return { rejected: [] };
  };
  return { took, ship };
}

test("every start that was called durable survives SIGKILL, and is ended as interrupted", async () => {
  await using folder = await temporaryFolder();
  const program = join(import.meta.dirname, "test-recorder-process.ts");
  const child = spawn(process.execPath, [program, folder.path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const promised = new Set<string>();
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.length === 36) promised.add(line);
    if (promised.size === 2_000) child.kill("SIGKILL");
  }
  if (child.signalCode === null) await once(child, "exit");

  const { took, ship } = keeper();
  const recorder = await openSpoolRecorder({ folder: folder.path, ship, log: memoryLog().log });
  await recorder.close();
  const of = (kind: string) =>
    new Set(took.filter((event) => event.kind === kind).map((event) => event.interceptionId));
  expect([...promised].filter((id) => !of("started").has(id))).toEqual([]);
  expect(of("ended")).toEqual(of("started"));
  expect(new Set(took.map(({ id }) => id)).size).toBe(took.length);
  expect(recorder.stats()).toMatchObject({ events: 0, drops: 0 });
});

test("a folder has one owner, and is free again when that one closes", async () => {
  await using folder = await temporaryFolder();
  const { ship } = keeper();
  const options = { folder: folder.path, ship, log: memoryLog().log };
  const recorder = await openSpoolRecorder(options);
  await expect(openSpoolRecorder(options)).rejects.toThrow(
    `spool is in use by process ${process.pid}`,
  );
  await recorder.close();
  await (await openSpoolRecorder(options)).close();
});

test("closing ships what is left and leaves no segment", async () => {
  await using folder = await temporaryFolder();
  const { took, ship } = keeper();
  const recorder = await openSpoolRecorder({ folder: folder.path, ship, log: memoryLog().log });
  await recorder.started(startedEvent("a"));
  recorder.record(endedEvent("a"));
  await recorder.close();
  expect(took.map(({ kind }) => kind)).toEqual(["started", "ended"]);
  expect((await readdir(folder.path)).sort()).toEqual(["owner.lock", "owner.pid"]);
});
