import { createHistogram } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { Pool } from "undici";
import { announce } from "../announce.ts";
import type { LoadJob, LoadResult } from "../load.ts";
import { ask, createRequest } from "../request.ts";
import { Tally } from "../tally.ts";

/**
 * Closed-loop load: each connection sends its next request when the last one
 * was answered, and not before it is due. Takes a `LoadJob` as its argument, prints a `LoadResult`.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as LoadJob;
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1, allowH2: false });
const request = createRequest(job);
const latency = createHistogram();
const firstByte = createHistogram();
const outcomes = new Tally();
let asked = 0;

async function askOnce(): Promise<void> {
  const sentAt = process.hrtime.bigint();
  let isFirst = true;
  asked += 1;
  const outcome = await ask(pool, request, {
    onChunk() {
      if (isFirst) firstByte.record(process.hrtime.bigint() - sentAt);
      isFirst = false;
    },
  });
  latency.record(process.hrtime.bigint() - sentAt);
  outcomes.add(outcome);
}

async function loop(connection: number, from: number, until: number): Promise<void> {
  // Paced connections take turns, so that requests come evenly.
  const everyMs = job.perSecond === undefined ? 0 : (1_000 * job.connections) / job.perSecond;
  let due = from + (everyMs * connection) / job.connections;
  while (due < until && performance.now() < until) {
    const waitMs = due - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    await askOnce();
    due += everyMs;
  }
}

function startLoops(ms: number): Promise<unknown> {
  const from = performance.now();
  return Promise.all(
    Array.from({ length: job.connections }, (_, connection) => loop(connection, from, from + ms)),
  );
}

/** Opens streams that never end, and holds them until it is killed. */
async function hold(): Promise<void> {
  let held = 0;
  await Promise.all(
    Array.from({ length: job.connections }, async () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      // A refusal has a body too.
      const onChunk = (chunk: Buffer) => resolve(chunk.toString("latin1", 0, 6) === "event:");
      void ask(pool, request, { onChunk }).then(() => resolve(false));
      if (await promise) held += 1;
    }),
  );
  announce({ held });
  setInterval(() => {}, 60_000);
}

async function load(): Promise<void> {
  await startLoops(job.warmupMs);
  latency.reset();
  firstByte.reset();
  const failedWarm = outcomes.except(200);
  outcomes.clear();
  announce({ warm: true });
  const startedAt = performance.now();
  await startLoops(job.durationMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const answered = outcomes.of(200);
  const result: LoadResult = {
    asked,
    failures: { ...failedWarm, ...outcomes.except(200) },
    answered,
    perSecond: answered / seconds,
    p50Us: latency.percentile(50) / 1_000,
    p99Us: latency.percentile(99) / 1_000,
    firstByteP50Us: firstByte.percentile(50) / 1_000,
  };
  announce(result);
  await pool.close();
}

await (job.mode === "hold" ? hold() : load());
