import { inTurn, loadProxy, mustHaveServed, type Timing } from "../measure.ts";
import type { MeasuredProxy } from "../proxies.ts";
import { startLoad } from "../scene.ts";
import type { ArrivalKind } from "./arrivals.ts";
import type { OpenLoadJob, OpenLoadResult } from "./job.ts";
import type { OpenLoopFigures } from "./run-open-loop.ts";

export interface HalfLoadPlan {
  readonly bodyBytes: number;
  /** As many as it takes to find each one's maximum. */
  readonly connections: number;
  readonly arrivals: ArrivalKind;
  readonly timing: Timing;
}

/** Under one open-loop load, its CPU too. */
interface OpenMeasurement extends OpenLoopFigures {
  /** CPU time of the proxy's process per request, in microseconds. */
  readonly cpuUs: number;
}

export interface HalfLoad {
  /** What each can do at most, in requests per second. */
  readonly maxima: ReadonlyMap<string, number>;
  /** Half of what the gateway can do: the rate of all of them here. */
  readonly perSecond: number;
  readonly measured: ReadonlyMap<string, OpenMeasurement>;
}

/**
 * Finds out what each proxy can do, closed-loop, then asks each of them for
 * half of what the gateway can do, open-loop, and tells how long they took.
 */
export async function measureHalfLoad(
  proxies: readonly MeasuredProxy[],
  apiKey: string,
  { bodyBytes, connections, arrivals, timing: { rounds, warmupMs, durationMs } }: HalfLoadPlan,
): Promise<HalfLoad> {
  const job = { apiKey, bodyBytes, warmupMs, durationMs };
  const closed = { ...job, mode: "blocking", connections } as const;
  const saturated = await inTurn(proxies, rounds, (proxy) => loadProxy(proxy, closed));
  const maxima = new Map(Array.from(saturated, ([name, { perSecond }]) => [name, perSecond]));
  const perSecond = Math.floor((maxima.get("gateway") ?? Number.NaN) / 2);
  // Room for a stall: a queue for connections would be the load generator's own.
  const open = { ...job, arrivals, perSecond, connections: 256 };
  const measured = await inTurn(proxies, rounds, (proxy) => loadOpen(proxy, open));
  return { maxima, perSecond, measured };
}

/** See `loadProxy`, of which it is the open-loop sibling. */
async function loadOpen(
  proxy: MeasuredProxy,
  job: Omit<OpenLoadJob, "url" | "path">,
): Promise<OpenMeasurement> {
  const { url, path, process } = proxy;
  await using generator = startLoad({ url, path, ...job }, "open-load");
  await generator.nextLine();
  const before = process.cpuUs();
  const { asked, failures, ...figures } = await generator.nextLine<OpenLoadResult>();
  const cpuUs = (process.cpuUs() - before) / figures.sent;
  await mustHaveServed(proxy, { asked, failures });
  return { ...figures, cpuUs };
}
