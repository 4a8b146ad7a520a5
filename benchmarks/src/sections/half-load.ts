import { breakIn, type Measurement, measure, type Timing } from "../measure.ts";
import type { ArrivalKind } from "../open-loop/arrivals.ts";
import { type HalfLoad, measureHalfLoad } from "../open-loop/half-load.ts";
import { lateAfterMs } from "../open-loop/run-open-loop.ts";
import { startBare, startGateway, startNginxProxy } from "../proxies.ts";
import { absentNginx, addedCells, bodySize, type Cells, msFromUs, say, table } from "../report.ts";
import { startServices } from "../services.ts";

const singleHead = ["load", "proxy", "p50 ms", "p99 ms", "added p50 ms", "added p99 ms"];
const maximaHead = ["load", "proxy", "requests/s at most", "ratio to bare"];
const openHead = [
  ...["load", "proxy", "CPU µs/request", "p50 ms", "p99 ms", "p99.9 ms", "max ms"],
  ...["added p50 ms", "added p99 ms", "late", "unsent"],
];

/** What the gateway adds where it is not the limit: one by one, and at half of what it can do. */
export async function tellOfHalfLoad(
  bodies: readonly number[],
  timing: Timing,
  arrivals: ArrivalKind,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const services = await startServices(stack);
  const started = [
    await startBare(stack, services),
    await startNginxProxy(stack, services),
    await startGateway(stack, services),
  ];
  const proxies = started.filter((proxy) => proxy !== undefined);
  const { apiKey } = services;
  await breakIn(proxies, timing.breakInMs, apiKey);
  const single: Cells[] = [];
  const maxima: Cells[] = [];
  const open: Cells[] = [];
  for (const bodyBytes of bodies) {
    say(`measuring ${bodySize(bodyBytes)} over one connection, and at half load ...`);
    const scenario = { mode: "blocking", bodyBytes, connections: 1 } as const;
    single.push(...singleRows(bodyBytes, await measure({ proxies, apiKey }, scenario, timing)));
    const plan = { bodyBytes, connections: 64, arrivals, timing };
    const half = await measureHalfLoad(proxies, apiKey, plan);
    maxima.push(...maximaRows(bodyBytes, half));
    open.push(...openRows(bodyBytes, half));
  }
  if (proxies.length < started.length) {
    for (const rows of [single, maxima, open]) rows.push(["all", ...absentNginx]);
  }
  return [
    "One request after the other over one connection:",
    table(singleHead, single),
    "As fast as each can over 64 connections:",
    table(maximaHead, maxima),
    `All at half of what the gateway can do, in an open loop (${arrivals} arrivals): times from when a request was due. Late are those that left more than ${lateAfterMs} ms after, with that in their times:`,
    table(openHead, open),
  ].join("\n\n");
}

function singleRows(
  bodyBytes: number,
  measured: ReadonlyMap<string, Measurement>,
): readonly Cells[] {
  return Array.from(measured, ([name, figures]) => [
    bodySize(bodyBytes),
    name,
    ...[figures.p50Us, figures.p99Us].map(msFromUs),
    ...addedCells(figures, measured.get("bare")),
  ]);
}

function maximaRows(bodyBytes: number, { maxima }: HalfLoad): readonly Cells[] {
  const bare = maxima.get("bare") ?? Number.NaN;
  return Array.from(maxima, ([name, perSecond]) => [
    bodySize(bodyBytes),
    name,
    perSecond.toFixed(0),
    (perSecond / bare).toFixed(2),
  ]);
}

function openRows(bodyBytes: number, { perSecond, measured }: HalfLoad): readonly Cells[] {
  return Array.from(measured, ([name, figures]) => {
    const { cpuUs, p50Us, p99Us, p999Us, maxUs, late, unsent } = figures;
    return [
      `${bodySize(bodyBytes)}, ${perSecond}/s`,
      name,
      cpuUs.toFixed(0),
      ...[p50Us, p99Us, p999Us, maxUs].map(msFromUs),
      ...addedCells(figures, measured.get("bare")),
      late,
      unsent,
    ];
  });
}
