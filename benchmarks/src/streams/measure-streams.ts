import { type Hooks, mustHaveServed } from "../measure.ts";
import { heldBytes } from "../probe.ts";
import type { MeasuredProxy } from "../proxies.ts";
import { startLoad } from "../scene.ts";
import type { StreamJob, StreamResult } from "./job.ts";

export interface StreamMeasurement extends StreamResult {
  /** How many were open. */
  readonly streams: number;
  /** Of what was due this part came through. */
  readonly share: number;
  /** CPU time of the proxy's process per event, in microseconds. */
  readonly cpuUs: number;
  /** The part of its core that it used. */
  readonly core: number;
  /** Resident memory with all streams open and flowing, in bytes. */
  readonly residentBytes: number;
  /** The same, of the JavaScript heap and what it holds on to outside, after a collection. */
  readonly heldBytes: number | undefined;
}

export interface StreamPlan extends Pick<StreamJob, "streams" | "warmupMs" | "durationMs">, Hooks {
  readonly eventsPerSecond: number;
  readonly apiKey: string;
}

/**
 * Opens streams through a proxy, lets events flow, and looks at it meanwhile.
 * All streams have ended when it resolves, and each is on record if the proxy keeps one.
 */
export async function measureStreams(
  proxy: MeasuredProxy,
  plan: StreamPlan,
): Promise<StreamMeasurement> {
  const measured = await flow(proxy, plan);
  await mustHaveServed(proxy, { asked: plan.streams, failures: {} });
  return measured;
}

async function flow(
  { url, path, process, isProbed }: MeasuredProxy,
  { eventsPerSecond, onWarm, onLoaded, ...load }: StreamPlan,
): Promise<StreamMeasurement> {
  await using reader = startLoad({ url, path, ...load }, "stream-load");
  await reader.nextLine();
  await onWarm?.();
  const before = process.cpuUs();
  const result = await reader.nextLine<StreamResult>();
  const usedUs = process.cpuUs() - before;
  await onLoaded?.();
  const residentBytes = process.residentBytes();
  const due = (load.streams * eventsPerSecond * load.durationMs) / 1_000;
  return {
    ...result,
    streams: load.streams,
    share: result.events / due,
    cpuUs: usedUs / result.events,
    core: usedUs / 1_000 / load.durationMs,
    residentBytes,
    heldBytes: isProbed ? await heldBy(process) : undefined,
  };
}

/** The JavaScript heap and what it holds on to outside, after a collection, in bytes. */
export async function heldBy(process: MeasuredProxy["process"]): Promise<number> {
  return heldBytes(await process.ask("settled memory"));
}

/** Where a queue begins: what comes later than this waits somewhere. */
const delayMaxUs = 100_000;
/** The part of the events that must come: a timer's unevenness leaves out a little at the edges. */
const shareMin = 0.98;

/** Whether all streams ran, with all their events, and none of these waited long. */
export function isSustained({ share, p99Us, lost, refused }: StreamMeasurement): boolean {
  return lost + refused === 0 && share >= shareMin && p99Us <= delayMaxUs;
}
