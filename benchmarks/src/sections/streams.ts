import { type MeasuredProxy, startBare, startGateway, startNginxProxy } from "../proxies.ts";
import { absentNginx, type Cells, say, table } from "../report.ts";
import { program, type Services, startServices } from "../services.ts";
import { highest } from "../streams/highest.ts";
import {
  heldBy,
  isSustained,
  measureStreams,
  type StreamMeasurement,
  type StreamPlan,
} from "../streams/measure-streams.ts";
import {
  type Base,
  flowCells,
  flowHead,
  type Idle,
  memoryCells,
  memoryHead,
} from "./stream-cells.ts";

export interface StreamsPlan {
  readonly streams: number;
  readonly eventsPerSecond: number;
  readonly isQuick: boolean;
}

/** A proxy that has just started. */
interface Candidate {
  readonly proxy: MeasuredProxy;
  readonly idle: Idle;
}

/** Many open streams with a few events a second each: what agents at work look like. */
export async function tellOfStreams(plan: StreamsPlan): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const services = await startServices(stack, [
    program("stream-upstream"),
    String(plan.eventsPerSecond),
  ]);
  const candidates = await startCandidates(stack, services);
  const load = {
    apiKey: services.apiKey,
    eventsPerSecond: plan.eventsPerSecond,
    warmupMs: plan.isQuick ? 300 : 2_000,
    durationMs: plan.isQuick ? 1_000 : 4_000,
  };
  const parts = [
    `${plan.streams} open streams of ${plan.eventsPerSecond} events a second each; what was refused for overload while they were opened came again. Delays are from the upstream's write to the client's read; \`none\` is the load itself, without anything between:`,
    await compare(candidates, { ...load, streams: plan.streams }),
  ];
  if (!plan.isQuick) {
    parts.push(
      "The most streams that each sustains: 98 % of the events come, and 99 % of these within 100 ms:",
      await compareSustained(candidates, load, plan.streams),
    );
  }
  parts.push(
    `After each run of the gateway, coderd had as many interceptions on record as streams were opened, each with a start and an end: ${services.record.total} in all.`,
  );
  return parts.join("\n\n");
}

async function startCandidates(
  stack: AsyncDisposableStack,
  services: Services,
): Promise<readonly Candidate[]> {
  const bare = await startBare(stack, services);
  const started = [
    // Nobody relays: what the upstream and the reader can do by themselves.
    { ...bare, name: "none", url: services.upstreamUrl },
    bare,
    await startNginxProxy(stack, services),
    await startGateway(stack, services),
  ];
  const proxies = started.filter((proxy) => proxy !== undefined);
  return Promise.all(proxies.map(candidateOf));
}

async function candidateOf(proxy: MeasuredProxy): Promise<Candidate> {
  const residentBytes = proxy.process.residentBytes();
  const settled = proxy.isProbed ? await proxy.process.ask("settled memory") : undefined;
  return { proxy, idle: { residentBytes, settledBytes: settled?.rss } };
}

async function compare(candidates: readonly Candidate[], plan: StreamPlan): Promise<string> {
  const rows: Cells[] = [];
  let bare: StreamMeasurement | undefined;
  for (const { proxy, idle } of candidates) {
    say(`opening ${plan.streams} streams through ${proxy.name} ...`);
    const base = await warmUp(proxy, plan);
    const measured = await measureStreams(proxy, plan);
    if (proxy.name === "bare") bare = measured;
    const memory =
      proxy.name === "none" ? memoryHead.map(() => "") : memoryCells(idle, base, measured);
    rows.push([proxy.name, ...flowCells(measured, bare), ...memory]);
  }
  if (!candidates.some(({ proxy }) => proxy.name === "nginx")) rows.push(absentNginx);
  return table(["proxy", ...flowHead, ...memoryHead], rows);
}

/**
 * V8 lets go of compiled code that was not run between so many collections, of
 * which a start leaves several megabytes: all of it should be gone before, not while, we look.
 */
const collectionsUntilFlushed = 8;

/**
 * With a tenth of the streams: enough to have code compiled and buffers made.
 * With all of them the process would keep their pages, and streams would seem free.
 */
async function warmUp(proxy: MeasuredProxy, plan: StreamPlan): Promise<Base> {
  const streams = Math.ceil(plan.streams / 10);
  await measureStreams(proxy, { ...plan, streams });
  let heldBytes: number | undefined;
  for (let round = 0; proxy.isProbed && round < collectionsUntilFlushed; round += 1) {
    heldBytes = await heldBy(proxy.process);
  }
  return { streams, residentBytes: proxy.process.residentBytes(), heldBytes };
}

async function compareSustained(
  candidates: readonly Candidate[],
  load: Omit<StreamPlan, "streams">,
  max: number,
): Promise<string> {
  const rows: Cells[] = [];
  let bare = Number.NaN;
  for (const { proxy } of candidates) {
    const best = await mostSustained(proxy, load, max);
    const streams = best?.streams ?? 0;
    if (proxy.name === "bare") bare = streams;
    const ratio = proxy.name === "none" ? "" : (streams / bare).toFixed(2);
    const cells = best ? flowCells(best, undefined) : flowHead.map((_, at) => (at === 0 ? 0 : ""));
    rows.push([proxy.name, ...cells, ratio]);
  }
  return table(["proxy", ...flowHead, "ratio to bare"], rows);
}

/** How it went with the most streams that it sustains; undefined if it sustains not even a few. */
async function mostSustained(
  proxy: MeasuredProxy,
  load: Omit<StreamPlan, "streams">,
  max: number,
): Promise<StreamMeasurement | undefined> {
  let best: StreamMeasurement | undefined;
  const attempt = async (streams: number) => {
    say(`trying ${streams} streams through ${proxy.name} ...`);
    const measured = await measureStreams(proxy, { ...load, streams });
    // What it sustains only grows from one success to the next: see `highest`.
    if (isSustained(measured)) best = measured;
    return isSustained(measured);
  };
  // A second attempt, because a machine stalls at times for reasons of its own.
  const holds = async (streams: number) => (await attempt(streams)) || (await attempt(streams));
  await highest(holds, { from: 50, max, share: 0.08 });
  return best;
}
