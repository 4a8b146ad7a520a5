import type { LoadFigures, LoadResult, Outcomes } from "./load.ts";
import type { MeasuredProxy } from "./proxies.ts";
import { type Scene, startLoad } from "./scene.ts";

export interface Scenario {
  readonly mode: "blocking" | "stream";
  readonly bodyBytes: number;
  readonly connections: number;
  /** See `LoadJob.perSecond`. */
  readonly perSecond?: number;
}

/** One proxy under one scenario: the load's figures, and what each request cost. */
export interface Measurement extends LoadFigures {
  /** CPU time of the proxy's process per request, in microseconds. */
  readonly cpuUs: number;
}

/** How long each proxy is under load in each round. */
export interface Timing {
  /** How long each is loaded before anything is measured; see `breakIn`. */
  readonly breakInMs: number;
  readonly rounds: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

/**
 * Loads each proxy until V8 has compiled what it runs, which takes some ten
 * thousand requests and a core: a longer program needs longer, so a comparison
 * before that is one of compilers. By default half of the time goes to blocking
 * requests and half to streams, which run code of their own.
 */
export async function breakIn(
  proxies: readonly MeasuredProxy[],
  durationMs: number,
  apiKey?: string,
  modes: readonly Scenario["mode"][] = ["blocking", "stream"],
): Promise<void> {
  if (durationMs === 0) return;
  const shared = { bodyBytes: 1_000, connections: 32, warmupMs: 0 };
  const load = { ...shared, durationMs: durationMs / modes.length };
  for (const proxy of proxies) {
    for (const mode of modes) {
      await loadProxy(proxy, { ...load, mode, ...(apiKey !== undefined && { apiKey }) });
    }
  }
}

/**
 * Measures every proxy under a scenario, in turn and several times over, so
 * that a machine whose speed drifts drifts for all of them. The median of each
 * figure counts.
 */
export async function measure(
  { proxies, apiKey }: Pick<Scene, "proxies" | "apiKey">,
  scenario: Scenario,
  { rounds, warmupMs, durationMs }: Timing,
): Promise<Map<string, Measurement>> {
  return inTurn(proxies, rounds, (proxy) =>
    loadProxy(proxy, { ...scenario, warmupMs, durationMs, apiKey }),
  );
}

/** Takes a sample of each proxy in each round, and of each figure the median. */
export async function inTurn<Sample extends Figures<Sample>>(
  proxies: readonly MeasuredProxy[],
  rounds: number,
  take: (proxy: MeasuredProxy) => Promise<Sample>,
): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < rounds; round++) {
    for (const proxy of proxies) {
      samples.set(proxy.name, [...(samples.get(proxy.name) ?? []), await take(proxy)]);
    }
  }
  return new Map(Array.from(samples, ([name, all]) => [name, medians(all)]));
}

const lookalikeKey = `benchkeyid-${"x".repeat(22)}`;

/** Called while a proxy is measured. */
export interface Hooks {
  /** The warm-up is over. */
  readonly onWarm?: () => Promise<unknown>;
  /** The load is over, and the record may still be behind. */
  readonly onLoaded?: () => Promise<unknown>;
}

/** A job for one proxy. */
export interface ProxyLoad extends Scenario, Omit<Timing, "rounds" | "breakInMs">, Hooks {
  /** Default: one that only looks like one. */
  readonly apiKey?: string;
}

/**
 * Loads one proxy once. If it records, its record must then have what was
 * asked, and no more.
 *
 * @throws if a request failed: figures of refusals are worth nothing.
 */
export async function loadProxy(
  proxy: MeasuredProxy,
  { apiKey = lookalikeKey, onWarm, onLoaded, ...load }: ProxyLoad,
): Promise<Measurement> {
  const { process, url, path } = proxy;
  await using generator = startLoad({ url, path, apiKey, ...load });
  await generator.nextLine();
  await onWarm?.();
  const before = process.cpuUs();
  const result = await generator.nextLine<LoadResult>();
  const cpuUs = (process.cpuUs() - before) / result.answered;
  await onLoaded?.();
  const { asked, failures, ...figures } = result;
  await mustHaveServed(proxy, { asked, failures });
  return { ...figures, cpuUs };
}

/**
 * @throws if a request failed, or if the record has not exactly what was asked
 */
export async function mustHaveServed(
  { name, record }: MeasuredProxy,
  { asked, failures }: Outcomes,
): Promise<void> {
  if (Object.keys(failures).length > 0) {
    throw new Error(`${name}: requests failed: ${JSON.stringify(failures)}`);
  }
  await record?.grewBy(asked);
}

type Figures<Sample> = { readonly [Name in keyof Sample]: number };

/** Of each figure its median. */
function medians<Sample extends Figures<Sample>>(all: readonly Sample[]): Sample {
  const [first] = all;
  if (first === undefined) throw new Error("there is no median of nothing");
  const result = { ...first };
  for (const name of Object.keys(first) as (keyof Sample)[]) {
    result[name] = median(all.map((sample) => sample[name])) as Sample[keyof Sample];
  }
  return result;
}

/** The middle one. NaN if there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Resident memory before, and with many streams open, in bytes. */
export interface Memory {
  readonly idle: number;
  readonly holding: number;
}

/** Opens many streams, each with a large request body, and looks at the proxy's memory. */
export async function measureMemory(
  proxy: MeasuredProxy,
  scene: Scene,
  streams: { readonly connections: number; readonly bodyBytes: number },
): Promise<Memory> {
  const idle = proxy.process.residentBytes();
  const { holding, held } = await holdStreams(proxy, scene.apiKey, streams);
  if (held !== streams.connections) throw new Error(`${proxy.name}: only ${held} streams are open`);
  // The streams have ended with who held them, and are on record as cancelled.
  await mustHaveServed(proxy, { asked: held, failures: {} });
  return { idle, holding };
}

async function holdStreams(
  { url, path, process }: MeasuredProxy,
  apiKey: string,
  streams: { readonly connections: number; readonly bodyBytes: number },
) {
  await using generator = startLoad({ url, path, apiKey, mode: "hold", ...streams });
  const { held } = await generator.nextLine<{ held: number }>();
  return { held, holding: process.residentBytes() };
}
