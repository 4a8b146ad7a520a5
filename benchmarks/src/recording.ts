import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Distribution } from "./distribution.ts";
import {
  breakIn,
  inTurn,
  loadProxy,
  type Measurement,
  type Scenario,
  type Timing,
} from "./measure.ts";
import { startProcess } from "./process.ts";
import type { MeasuredProxy } from "./proxies.ts";
import { measuredCore, otherCore, program } from "./services.ts";

/** What a `gateway-recording` process is to do. */
export interface RecordingJob {
  /** Providers by name. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** Who takes what is shipped. */
  readonly keeperUrl: string;
  /** The spool's folder. Undefined: nothing is recorded. */
  readonly spool: string | undefined;
  readonly watchFirstBytes: boolean;
}

/** In milliseconds. */
export interface FirstBytes {
  /** From an interception's start until it is durable. */
  readonly durable: Distribution;
  /** What a first byte waited for that, after the provider's own had come. */
  readonly added: Distribution;
}

/** How long providers think, in milliseconds. */
const thinkTimesMs = [0, 5, 20, 100] as const;
const providerOf = (thinkMs: number) => `after-${thinkMs}-ms`;

/** Providers, and who takes the record. */
async function startSurroundings(stack: AsyncDisposableStack) {
  const upstreams: Record<string, string> = {};
  for (const thinkMs of thinkTimesMs) {
    const args = [program("upstream"), String(thinkMs)];
    const { url } = await stack.use(startProcess(otherCore, args)).nextLine<{ url: string }>();
    upstreams[providerOf(thinkMs)] = url;
  }
  const keeper = stack.use(startProcess(otherCore, [program("keeper")]));
  const { url: keeperUrl } = await keeper.nextLine<{ url: string }>();
  return { upstreams, keeperUrl };
}

async function startGateway(
  stack: AsyncDisposableStack,
  name: string,
  job: RecordingJob,
): Promise<MeasuredProxy> {
  const args = [program("gateway-recording"), JSON.stringify(job)];
  const process = stack.use(startProcess(measuredCore, args));
  const { url } = await process.nextLine<{ url: string }>();
  return { name, process, url, path: `/${providerOf(0)}/v1/messages` };
}

async function temporaryFolder(stack: AsyncDisposableStack, where: string): Promise<string> {
  const folder = await mkdtemp(join(where, "aibridge-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Folders to measure in: a disk, and memory, which tells our code from the disk. */
const places: readonly (readonly [name: string, folder: string])[] = [
  ["disk", tmpdir()],
  ["tmpfs", "/dev/shm"],
];

export interface FirstByteRow {
  readonly place: string;
  readonly what: string;
  readonly perSecond: number;
  readonly distribution: Distribution;
}

/**
 * What recording adds to first bytes at this many requests a second, for
 * providers that answer at once and for such that think; beside it what the
 * disk takes by itself, measured just before.
 */
export async function measureFirstBytes(
  { durationMs, breakInMs }: Pick<Timing, "durationMs" | "breakInMs">,
  startsPerSecond: number,
): Promise<readonly FirstByteRow[]> {
  const rows: FirstByteRow[] = [];
  const warmupMs = Math.min(1_500, durationMs);
  for (const [place, where] of places) {
    await using stack = new AsyncDisposableStack();
    const surroundings = await startSurroundings(stack);
    const spool = await temporaryFolder(stack, where);
    const args = [program("bare-disk"), spool, String(durationMs)];
    const disk = await stack.use(startProcess(measuredCore, args)).nextLine<Distribution>();
    const bareRate = (disk.count / durationMs) * 1_000;
    rows.push({ place, what: "write + fdatasync", perSecond: bareRate, distribution: disk });

    const job = { ...surroundings, spool, watchFirstBytes: true };
    const gateway = await startGateway(stack, "recording", job);
    await breakIn([gateway], breakInMs);
    for (const thinkMs of thinkTimesMs) {
      const path = `/${providerOf(thinkMs)}/v1/messages`;
      const load = { connections: 256, perSecond: startsPerSecond, warmupMs, durationMs };
      const { perSecond } = await loadProxy(
        { ...gateway, path },
        { mode: "blocking", bodyBytes: 1_000, ...load, onWarm: () => report(gateway) },
      );
      const { durable, added } = await report(gateway);
      rows.push(
        { place, what: `start durable, provider ${thinkMs} ms`, perSecond, distribution: durable },
        { place, what: `added, provider ${thinkMs} ms`, perSecond, distribution: added },
      );
    }
  }
  return rows;
}

function report({ process: { pid, nextLine } }: MeasuredProxy): Promise<FirstBytes> {
  process.kill(pid, "SIGUSR2");
  return nextLine<FirstBytes>();
}

/** One load, and what came of it with the record off and on, by place. */
export interface OnOff {
  readonly load: Scenario;
  readonly measured: ReadonlyMap<string, Measurement>;
}

/** The same gateways with their record `off` and on, in turn, under each of the loads. */
export async function measureOnOff(
  loads: readonly Scenario[],
  { breakInMs, rounds, warmupMs, durationMs }: Timing,
): Promise<readonly OnOff[]> {
  await using stack = new AsyncDisposableStack();
  const surroundings = { ...(await startSurroundings(stack)), watchFirstBytes: false };
  const gateways = [await startGateway(stack, "off", { ...surroundings, spool: undefined })];
  for (const [name, where] of places) {
    const spool = await temporaryFolder(stack, where);
    gateways.push(await startGateway(stack, `on, ${name}`, { ...surroundings, spool }));
  }
  await breakIn(gateways, breakInMs);
  const all: OnOff[] = [];
  for (const load of loads) {
    const job = { ...load, warmupMs, durationMs };
    const measured = await inTurn(gateways, rounds, (gateway) => loadProxy(gateway, job));
    all.push({ load, measured });
  }
  return all;
}
