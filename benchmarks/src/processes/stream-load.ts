import { connect, type Socket } from "node:net";
import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { announce } from "../announce.ts";
import { createRequest } from "../request.ts";
import type { StreamJob, StreamResult } from "../streams/job.ts";
import { monotonicUs, TimedEventReader } from "../streams/timed-event.ts";

/**
 * Opens streams and reads them, on bare sockets so that many cost little. Takes
 * a `StreamJob`; prints a line when all are open and warm, then a
 * `StreamResult`, and keeps reading until it is killed.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as StreamJob;
const { hostname, port, host } = new URL(job.url);
const { path, headers, body } = createRequest({ ...job, mode: "stream", bodyBytes: 1_000 });
const allHeaders = { host, ...headers, "content-length": String(body.length) };
const lines = Object.entries(allHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
const request = Buffer.concat([
  Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`),
  body,
]);
/** A gateway has to ask, record and connect for each: all at once would only queue. */
const openingAtOnce = 32;

/** What is refused asks again, as clients do: who is overloaded takes it a little later. */
const retryMs = 100;

const delay = createHistogram();
let events = 0;
let lost = 0;
let refused = 0;

/** Resolves with whether it is open, by its first event: else it was refused. */
function open(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const reader = new TimedEventReader();
  let isOpen = false;
  const onEvent = (sentAtUs: number) => {
    isOpen = true;
    events += 1;
    delay.record(Math.max(1, monotonicUs() - sentAtUs));
    resolve(true);
  };
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.on("connect", () => socket.write(request));
  socket.on("data", (piece: Buffer) => reader.push(piece, onEvent));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (isOpen) lost += 1;
    else refused += 1;
    resolve(false);
  });
  return promise;
}

async function openAll(): Promise<void> {
  let left = job.streams;
  const opener = async () => {
    while (left-- > 0) while (!(await open())) await sleep(retryMs);
  };
  await Promise.all(Array.from({ length: openingAtOnce }, opener));
}

await openAll();
await sleep(job.warmupMs);
delay.reset();
events = 0;
announce({ warm: true });
const startedAt = performance.now();
await sleep(job.durationMs);
const result: StreamResult = {
  events,
  perSecond: (events / (performance.now() - startedAt)) * 1_000,
  p50Us: delay.percentile(50),
  p99Us: delay.percentile(99),
  maxUs: delay.max,
  lost,
  refused,
};
announce(result);
