import { createHistogram } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { Pool } from "undici";
import type { LoadJob, LoadResult } from "../load.ts";

/**
 * Closed-loop load: each connection sends its next request when the last one
 * was answered, and not before it is due. Takes a `LoadJob` as its argument, prints a `LoadResult`.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as LoadJob;
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1, allowH2: false });
const body = Buffer.from(requestBody(job.bodyBytes, job.mode !== "blocking"));
const headers = {
  "content-type": "application/json",
  "x-api-key": job.apiKey,
  "anthropic-version": "2023-06-01",
  "x-bench": job.mode,
};
const latency = createHistogram();
const firstByte = createHistogram();
let answered = 0;
let failed = 0;
let bytes = 0;

/** A conversation of that size: what makes requests large is what was said before. */
function requestBody(size: number, stream: boolean): string {
  const messages = [
    { role: "user", content: "" },
    { role: "assistant", content: "Yes." },
    { role: "user", content: "Go on." },
  ];
  const frame = { model: "m", max_tokens: 64, stream, messages };
  const text = "All work and no play makes a dull gateway. ".repeat(size / 43 + 1);
  const [first] = messages;
  if (first) first.content = text.slice(0, Math.max(0, size - JSON.stringify(frame).length));
  return JSON.stringify(frame);
}

function ask(path: string): Promise<void> {
  return new Promise((resolve) => {
    const sentAt = process.hrtime.bigint();
    let status = 0;
    pool.dispatch(
      { path, method: "POST", headers, body },
      {
        onRequestStart: () => {},
        onResponseStart: (_, code) => {
          status = code;
        },
        onResponseData: (_, chunk) => {
          if (bytes === 0 || firstByte.count <= latency.count) {
            firstByte.record(process.hrtime.bigint() - sentAt);
          }
          bytes += chunk.length;
          if (job.mode === "hold") resolve();
        },
        onResponseEnd: () => {
          latency.record(process.hrtime.bigint() - sentAt);
          if (status === 200) answered++;
          else failed++;
          resolve();
        },
        onResponseError: () => {
          failed++;
          resolve();
        },
      },
    );
  });
}

async function loop(connection: number, from: number, until: number): Promise<void> {
  // Paced connections take turns, so that requests come evenly.
  const everyMs = job.perSecond === undefined ? 0 : (1_000 * job.connections) / job.perSecond;
  let due = from + (everyMs * connection) / job.connections;
  while (due < until && performance.now() < until) {
    const waitMs = due - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    await ask(job.path);
    due += everyMs;
  }
}

function startLoops(ms: number): Promise<unknown> {
  const from = performance.now();
  return Promise.all(
    Array.from({ length: job.connections }, (_, connection) => loop(connection, from, from + ms)),
  );
}

if (job.mode === "hold") {
  await Promise.all(Array.from({ length: job.connections }, () => ask(job.path)));
  process.stdout.write(`${JSON.stringify({ held: job.connections - failed })}\n`);
  // Holds the streams open until it is killed.
  setInterval(() => {}, 60_000);
} else {
  await startLoops(job.warmupMs);
  latency.reset();
  firstByte.reset();
  [answered, failed, bytes] = [0, 0, 0];
  process.stdout.write(`${JSON.stringify({ warm: true })}\n`);
  const startedAt = performance.now();
  await startLoops(job.durationMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const result: LoadResult = {
    answered,
    failed,
    perSecond: answered / seconds,
    p50Us: latency.percentile(50) / 1_000,
    p99Us: latency.percentile(99) / 1_000,
    firstByteP50Us: firstByte.percentile(50) / 1_000,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await pool.close();
}
