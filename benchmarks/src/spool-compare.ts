/**
 * An append-only file with group fdatasync against node:sqlite (WAL,
 * synchronous=FULL, one transaction for all that waits): how many starts become
 * durable in a second, how long one takes, and for how long the event loop
 * stands still meanwhile. Argument: a folder on the disk to measure.
 */
import { randomUUIDv7 } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { openSpoolRecorder } from "@aibridge/aibridge";

interface Store {
  add(payload: Buffer): Promise<void>;
  close(): Promise<void>;
}

type Write = (payloads: readonly Buffer[]) => Promise<void>;

/** What the two have in common: whatever arrives during one write is the next. */
function grouped(write: Write, close: () => Promise<unknown>): Store {
  let waiting: { payload: Buffer; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let isWriting = false;
  async function run(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch.map(({ payload }) => payload));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }
  return {
    add(payload) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ payload, resolve, reject });
      // After this turn, so that what arrives together is written together.
      if (!isWriting) {
        isWriting = true;
        setImmediate(run);
      }
      return promise;
    },
    async close() {
      await close();
    },
  };
}

async function appendOnly(folder: string): Promise<Store> {
  const file = await open(join(folder, "append"), "wx");
  let at = 0;
  return grouped(
    async (payloads) => {
      const bytes = Buffer.concat(payloads);
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
      await file.datasync();
      at += bytes.length;
    },
    () => file.close(),
  );
}

/** The product's: with checksums, segments, and a shipper that reads everything back. */
async function productSpool(folder: string): Promise<Store> {
  const quiet = () => {};
  const recorder = await openSpoolRecorder({
    folder,
    ship: async () => ({ rejected: [] }),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  return {
    async add(payload) {
      const head = { interceptionId: randomUUIDv7(), time: new Date() };
      const { started, ended } = contents(payload.toString());
      await recorder.started({ ...head, id: randomUUIDv7(), kind: "started", started });
      recorder.record({ ...head, id: randomUUIDv7(), kind: "ended", ended });
    },
    close: recorder.close,
  };
}

function contents(userAgent: string) {
  return {
    started: {
      initiatorId: "11111111-1111-4111-8111-111111111111",
      apiKeyId: "keyidkeyid",
      providerType: "anthropic",
      providerName: "anthropic",
      model: "model",
      client: "Unknown",
      clientSessionId: "",
      userAgent,
      correlatingToolCallId: "",
      credentialKind: "centralized",
      credentialHint: "",
      delegated: false,
      source: "",
      streaming: true,
      metadata: {},
    },
    ended: {
      status: "completed",
      errorType: undefined,
      errorMessage: "",
      upstreamStatus: 200,
      upstreamRequestId: "",
      timeToFirstByteMs: 1,
      gatewayOverheadMs: 1,
    },
  } as const;
}

const pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";
const table = "CREATE TABLE event (position INTEGER PRIMARY KEY, payload BLOB NOT NULL)";
const insertion = "INSERT INTO event (payload) VALUES (?)";

async function sqliteHere(folder: string): Promise<Store> {
  const database = new DatabaseSync(join(folder, "here.db"));
  database.exec(`${pragmas} ${table}`);
  const insert = database.prepare(insertion);
  return grouped(
    async (payloads) => {
      database.exec("BEGIN");
      for (const payload of payloads) insert.run(payload);
      database.exec("COMMIT");
    },
    async () => database.close(),
  );
}

const workerProgram = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(workerData.path);
  database.exec(workerData.setup);
  const insert = database.prepare(workerData.insertion);
  parentPort.on("message", (payloads) => {
    database.exec("BEGIN");
    for (const payload of payloads) insert.run(payload);
    database.exec("COMMIT");
    parentPort.postMessage("done");
  });`;

async function sqliteInWorker(folder: string): Promise<Store> {
  const worker = new Worker(workerProgram, {
    eval: true,
    workerData: { path: join(folder, "worker.db"), setup: `${pragmas} ${table}`, insertion },
  });
  return grouped(
    async (payloads) => {
      worker.postMessage(payloads);
      await once(worker, "message");
    },
    () => worker.terminate(),
  );
}

const seconds = 4;
const payload = Buffer.from(JSON.stringify({ id: randomUUIDv7(), text: "x".repeat(500) }));

async function timed(store: Store, latencies: number[]): Promise<void> {
  const begin = performance.now();
  await store.add(payload);
  latencies.push(performance.now() - begin);
}

/** Starts come when they come, however long the ones before take. */
async function paced(store: Store, latencies: number[]): Promise<void> {
  const begin = performance.now();
  const all: Promise<void>[] = [];
  while (performance.now() - begin < seconds * 1_000) {
    const due = Math.floor(performance.now() - begin);
    while (all.length < due) all.push(timed(store, latencies));
    await sleep(1);
  }
  await Promise.all(all);
}

async function unthrottled(store: Store, latencies: number[]): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  const client = async () => {
    while (performance.now() < end) await timed(store, latencies);
  };
  await Promise.all(Array.from({ length: 256 }, client));
}

const candidates = {
  "the spool (start and end, read back)": productSpool,
  "append-only file, fdatasync": appendOnly,
  "node:sqlite, main thread": sqliteHere,
  "node:sqlite, worker": sqliteInWorker,
};
const loads = { "1,000/s": paced, "256 clients": unthrottled };

async function main(): Promise<void> {
  const [where = tmpdir()] = process.argv.slice(2);
  process.stdout.write(
    "| store | load | starts/s | p50 ms | p99 ms | p99.9 ms | loop delay p99 ms | max ms |\n" +
      "|---|---|---:|---:|---:|---:|---:|---:|\n",
  );
  for (const [loadName, load] of Object.entries(loads)) {
    for (const [name, create] of Object.entries(candidates)) {
      const folder = await mkdtemp(join(where, "spool-compare-"));
      const store = await create(folder);
      const latencies: number[] = [];
      const loop = monitorEventLoopDelay({ resolution: 1 });
      loop.enable();
      await load(store, latencies);
      loop.disable();
      await store.close();
      await rm(folder, { recursive: true });
      latencies.sort((a, b) => a - b);
      const at = (share: number) =>
        (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
      const rate = Math.round(latencies.length / seconds);
      const delays = [loop.percentile(99), loop.max].map((ns) => (ns / 1e6).toFixed(2));
      const cells = [name, loadName, rate, at(0.5), at(0.99), at(0.999), ...delays];
      process.stdout.write(`| ${cells.join(" | ")} |\n`);
    }
  }
}

await main();
