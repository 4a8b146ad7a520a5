import { breakIn, measure, type Timing } from "../measure.ts";
import type { ArrivalKind } from "../open-loop/arrivals.ts";
import { type HalfLoad, measureHalfLoad } from "../open-loop/half-load.ts";
import { lateAfterMs } from "../open-loop/run-open-loop.ts";
import { startBare, startGateway, startNginxProxy } from "../proxies.ts";
import { absentNginx, msFromUs, say, table } from "../report.ts";
import { startServices } from "../services.ts";

const rateHead = ["load", "proxy", "requests/s at most", "ratio to bare"];
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

  await breakIn(proxies, timing.breakInMs, services.apiKey);
  const single: (string | number)[][] = [];
  const maxima: (string | number)[][] = [];
  const open: (string | number)[][] = [];
  for (const bodyBytes of bodies) {
    say(`measuring ${bodyBytes / 1_000} KB over one connection, and at half load ...`);
    const scenario = { mode: "blocking", bodyBytes, connections: 1 } as const;
    const alone = await measure({ proxies, apiKey: services.apiKey }, scenario, timing);
    const bare = alone.get("bare");
    for (const [name, { p50Us, p99Us }] of alone) {
      const added = [p50Us - (bare?.p50Us ?? 0), p99Us - (bare?.p99Us ?? 0)];
      const cells = [p50Us, p99Us, ...added].map(msFromUs);
      single.push([`${bodyBytes / 1_000} KB`, name, ...cells]);
    }
    const plan = { bodyBytes, connections: 64, arrivals, timing };
    const half = await measureHalfLoad(proxies, services.apiKey, plan);
    maxima.push(...maximaRows(bodyBytes, half));
    open.push(...openRows(bodyBytes, half));
  }
  if (proxies.length < started.length) {
    for (const rows of [single, maxima, open]) rows.push(["all", ...absentNginx]);
  }
  const singleHead = ["load", "proxy", "p50 ms", "p99 ms", "added p50 ms", "added p99 ms"];
  return [
    "One request after the other over one connection:",
    table(singleHead, single),
    "As fast as each can over 64 connections:",
    table(rateHead, maxima),
    `All at half of what the gateway can do, in an open loop (${arrivals} arrivals): times from when a request was due. Late are those that left more than ${lateAfterMs} ms after, with that in their times:`,
    table(openHead, open),
  ].join("\n\n");
}

function maximaRows(bodyBytes: number, { maxima }: HalfLoad): (string | number)[][] {
  const bare = maxima.get("bare") ?? Number.NaN;
  return Array.from(maxima, ([name, perSecond]) => [
    `${bodyBytes / 1_000} KB`,
    name,
    perSecond.toFixed(0),
    (perSecond / bare).toFixed(2),
  ]);
}

function openRows(bodyBytes: number, { perSecond, measured }: HalfLoad): (string | number)[][] {
  const bare = measured.get("bare");
  return Array.from(measured, ([name, figures]) => {
    const { p50Us, p99Us, p999Us, maxUs, late, unsent } = figures;
    const added = [p50Us - (bare?.p50Us ?? 0), p99Us - (bare?.p99Us ?? 0)];
    return [
      `${bodyBytes / 1_000} KB, ${perSecond}/s`,
      name,
      figures.cpuUs.toFixed(0),
      ...[p50Us, p99Us, p999Us, maxUs, ...added].map(msFromUs),
      late,
      unsent,
    ];
  });
}
