import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EncodedEvent,
  openSpoolRecorder,
  SpoolFullError,
  type SpoolRecorder,
} from "@aibridge/aibridge";
import { createLogger } from "@aibridge/runtime";
import { expect, test } from "@jest/globals";
import { eventCodec } from "../record/event-codec.ts";
import { endedEvent, promptEvent, startedEvent } from "../record/test-events.ts";
import { createLinkRecorder } from "./link-recorder.ts";
import { takeEvents } from "./record-link.ts";

const log = createLogger({ name: "test", level: "silent" });
const interceptions = ["a", "b", "c"].map((last) => `0197b2a6-0000-7000-8000-00000000000${last}`);

/** Both ends of a connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<Socket>();
  server.once("connection", resolve);
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  const near = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  const far = await promise;
  server.close();
  return [near, far];
}

/** A worker's recorder, the link, and a real spool behind it that ships to memory. */
async function startLink(pendingBytesMax?: number) {
  const folder = await mkdtemp(join(tmpdir(), "link-"));
  const shipped: EncodedEvent[] = [];
  const spool: SpoolRecorder = await openSpoolRecorder({
    folder,
    codec: eventCodec,
    ship: async (batch) => {
      shipped.push(...batch);
      return { rejected: [] };
    },
    log,
  });
  const [near, far] = await socketPair();
  let drops = 0;
  const worker = createLinkRecorder({
    stream: near,
    codec: eventCodec,
    onDrop: () => {
      drops += 1;
    },
    log,
    ...(pendingBytesMax !== undefined && { pendingBytesMax }),
  });
  return {
    worker,
    near,
    far,
    spool,
    interrupted: takeEvents({ stream: far, recorder: spool, log }),
    drops: () => drops,
    /** What is on record, once the spool is closed: kinds by interception, in their order. */
    async record() {
      await spool.close();
      const described = shipped.map(({ bytes }) => eventCodec.describe(bytes) as ShippedEvent);
      return interceptions.map((id) =>
        described.filter(({ interceptionId }) => interceptionId === id).map(outcomeOf),
      );
    },
    async [Symbol.asyncDispose]() {
      near.destroy();
      await spool.close();
      await rm(folder, { recursive: true });
    },
  };
}

type ShippedEvent = { interceptionId: string; ended?: { status: string } };

function outcomeOf(event: ShippedEvent): string {
  if (event.ended) return event.ended.status;
  return "started" in event ? "started" : "other";
}

test("what a worker records is in the keeper's spool, in order, and starts resolve there", async () => {
  await using link = await startLink();
  const { worker, spool } = link;
  const ids = interceptions;
  await Promise.all(ids.map((id) => worker.started(startedEvent(id))));
  // Resolved means durable: each was committed before it was answered.
  expect(spool.stats().commits).toBeGreaterThan(0);
  for (const id of ids) worker.record(promptEvent(id, "x".repeat(300_000)));
  for (const id of ids) worker.record(endedEvent(id));
  await worker.close();
  expect(await link.interrupted).toBe(0);
  expect(await link.record()).toEqual(
    ids.map(() => ["started", "other", "INTERCEPTION_STATUS_COMPLETED"]),
  );
});

test("when a worker dies, what it had begun and not ended is ended as interrupted, once", async () => {
  await using link = await startLink();
  const [a = "", b = ""] = interceptions;
  await link.worker.started(startedEvent(a));
  await link.worker.started(startedEvent(b));
  link.worker.record(endedEvent(a));
  await link.worker.close();
  expect(await link.interrupted).toBe(1);
  expect(await link.record()).toEqual([
    ["started", "INTERCEPTION_STATUS_COMPLETED"],
    ["started", "INTERCEPTION_STATUS_INTERRUPTED"],
    [],
  ]);
});

// proves: record.killed.every-request, record.killed.every-usage
test("a start, and what an end concludes, outlives a worker that dies in the same turn", async () => {
  await using link = await startLink();
  const [a = "", b = "", c = ""] = interceptions;
  await link.worker.started(startedEvent(c));
  const starting = [a, b].map((id) => link.worker.started(startedEvent(id)).catch(() => "died"));
  link.worker.record(promptEvent(a, "hello"));
  link.worker.record(endedEvent(a));
  link.worker.record(promptEvent(b, "lost with the worker: nothing has come of it"));
  expect(link.worker.untaken().map(({ kind }) => kind)).toEqual([
    ...["started", "started", "other", "ended", "other"],
  ]);
  // What is not with the kernel by now is gone.
  link.near.destroy();
  expect(await Promise.all(starting)).toEqual(["died", "died"]);
  expect(await link.interrupted).toBe(2);
  expect(await link.record()).toEqual([
    ["started", "other", "INTERCEPTION_STATUS_COMPLETED"],
    ["started", "INTERCEPTION_STATUS_INTERRUPTED"],
    ["started", "INTERCEPTION_STATUS_INTERRUPTED"],
  ]);
});

test("a start that the spool refuses is refused to the worker, and gets no end", async () => {
  await using link = await startLink();
  await link.spool.close();
  const [a = ""] = interceptions;
  await expect(link.worker.started(startedEvent(a))).rejects.toThrow(SpoolFullError);
  await link.worker.close();
  expect(await link.interrupted).toBe(0);
  expect(await link.record()).toEqual([[], [], []]);
});

test("without a keeper starts are refused, those that wait for it too", async () => {
  await using link = await startLink();
  const [a = "", b = ""] = interceptions;
  link.far.pause();
  const waiting = link.worker.started(startedEvent(a));
  link.far.destroy();
  await expect(waiting).rejects.toThrow("the keeper is gone");
  await expect(link.worker.started(startedEvent(b))).rejects.toThrow(
    "the keeper takes no more events",
  );
});

test("starts are refused while too much waits for the keeper, what follows a start is not", async () => {
  await using link = await startLink(100_000);
  const [a = "", b = ""] = interceptions;
  await link.worker.started(startedEvent(a));
  link.far.pause();
  // More than the kernel takes for a peer that doesn't read.
  for (let i = 0; i < 40; i++) link.worker.record(promptEvent(a, "x".repeat(500_000)));
  await expect(link.worker.started(startedEvent(b))).rejects.toThrow("the keeper is behind");
  link.far.resume();
  link.worker.record(endedEvent(a));
  await link.worker.close();
  expect(await link.interrupted).toBe(0);
  const [first = []] = await link.record();
  expect([first.length, first.at(-1)]).toEqual([42, "INTERCEPTION_STATUS_COMPLETED"]);
});

test("an event that can't be encoded is told, and the others are kept", async () => {
  await using link = await startLink();
  const [a = ""] = interceptions;
  await link.worker.started(startedEvent(a));
  const event = endedEvent(a);
  link.worker.record({ ...event, ended: { ...event.ended, upstreamStatus: Number.NaN } });
  expect(link.drops()).toBe(1);
  link.worker.record(endedEvent(a));
  await link.worker.close();
  expect(await link.interrupted).toBe(0);
});

test("a stream that holds no frames of ours is cut", async () => {
  await using link = await startLink();
  link.near.write(Buffer.alloc(64, 0xff));
  expect(await link.interrupted).toBe(0);
  expect(link.far.destroyed).toBe(true);
});
