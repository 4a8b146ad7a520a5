import type { LoadResult } from "./load.ts";
import { type MeasuredProxy, type Scene, startLoad } from "./scene.ts";

export interface Scenario {
  readonly mode: "blocking" | "stream";
  readonly bodyBytes: number;
  readonly connections: number;
  /** See `LoadJob.perSecond`. */
  readonly perSecond?: number;
}

/** One proxy under one scenario: the load's figures, and what each request cost. */
export interface Measurement extends LoadResult {
  /** CPU time of the proxy's process per request, in microseconds. */
  readonly cpuUs: number;
}

/** How long each proxy is under load in each round. */
export interface Timing {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

/**
 * Measures every proxy under a scenario, in turn and several times over, so
 * that a machine whose speed drifts drifts for all of them. The median of each
 * figure counts.
 */
export async function measure(
  scene: Scene,
  scenario: Scenario,
  { rounds, ...times }: Timing,
): Promise<Map<string, Measurement>> {
  const samples = new Map<string, Measurement[]>();
  for (let round = 0; round < rounds; round++) {
    for (const proxy of scene.proxies) {
      const sample = await loadProxy(proxy, { ...scenario, ...times, apiKey: scene.apiKey });
      samples.set(proxy.name, [...(samples.get(proxy.name) ?? []), sample]);
    }
  }
  return new Map(Array.from(samples, ([name, all]) => [name, medians(all)]));
}

const lookalikeKey = `benchkeyid-${"x".repeat(22)}`;

/** A job for one proxy. */
export interface ProxyLoad extends Scenario, Omit<Timing, "rounds"> {
  /** Default: one that only looks like one. */
  readonly apiKey?: string;
  /** Called when the warm-up is over. */
  readonly onWarm?: () => Promise<unknown>;
}

/**
 * Loads one proxy once.
 *
 * @throws if a request failed: figures of refusals are worth nothing.
 */
export async function loadProxy(
  { name, process, url, path }: MeasuredProxy,
  {
    mode,
    bodyBytes,
    connections,
    perSecond,
    warmupMs,
    durationMs,
    apiKey = lookalikeKey,
    ...rest
  }: ProxyLoad,
): Promise<Measurement> {
  const load = { mode, bodyBytes, connections, perSecond, warmupMs, durationMs };
  await using generator = startLoad({ url, path, apiKey, ...load });
  await generator.nextLine();
  await rest.onWarm?.();
  const before = process.cpuUs();
  const result = await generator.nextLine<LoadResult>();
  const cpuUs = (process.cpuUs() - before) / result.answered;
  if (result.failed > 0) throw new Error(`${name}: ${result.failed} requests failed`);
  return { ...result, cpuUs };
}

/** Of each figure its median. */
export function medians(all: readonly Measurement[]): Measurement {
  const of = (figure: keyof Measurement) => median(all.map((sample) => sample[figure]));
  return {
    answered: of("answered"),
    failed: of("failed"),
    perSecond: of("perSecond"),
    p50Us: of("p50Us"),
    p99Us: of("p99Us"),
    firstByteP50Us: of("firstByteP50Us"),
    cpuUs: of("cpuUs"),
  };
}

function median(values: readonly number[]): number {
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
  const times = { warmupMs: 0, durationMs: 0 };
  const { url, path } = proxy;
  await using generator = startLoad({
    url,
    path,
    apiKey: scene.apiKey,
    mode: "hold",
    ...streams,
    ...times,
  });
  const { held } = await generator.nextLine<{ held: number }>();
  if (held !== streams.connections) throw new Error(`${proxy.name}: only ${held} streams are open`);
  return { idle, holding: proxy.process.residentBytes() };
}
