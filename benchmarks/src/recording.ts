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
import { measuredCore, otherCores, program } from "./services.ts";

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

/** How first bytes fare. All in milliseconds. */
export interface FirstBytes {
  /** From an interception's start until that is durable. */
  readonly durable: Distribution;
  /** How long after the slower of that and the provider's first byte ours left. */
  readonly late: Distribution;
  /** From an interception's start until its first byte left, less what the provider took. */
  readonly own: Distribution;
}

/** How long providers think, in milliseconds. */
const thinkTimesMs = [0, 5, 20, 100] as const;
const providerOf = (thinkMs: number) => `after-${thinkMs}-ms`;

/** Providers, and who takes the record. */
export async function startSurroundings(stack: AsyncDisposableStack) {
  const upstreams: Record<string, string> = {};
  for (const thinkMs of thinkTimesMs) {
    const args = [program("upstream"), String(thinkMs)];
    const { url } = await stack.use(startProcess(otherCores, args)).nextLine<{ url: string }>();
    upstreams[providerOf(thinkMs)] = url;
  }
  const keeper = stack.use(startProcess(otherCores, [program("keeper")]));
  const { url: keeperUrl } = await keeper.nextLine<{ url: string }>();
  return { upstreams, keeperUrl };
}

/** The gateway with the answer of coderd at hand, which records or does not. */
export async function startRecordingGateway(
  stack: AsyncDisposableStack,
  name: string,
  job: RecordingJob,
): Promise<MeasuredProxy> {
  const args = [program("gateway-recording"), JSON.stringify(job)];
  const process = stack.use(startProcess(measuredCore, args));
  const { url } = await process.nextLine<{ url: string }>();
  return { name, process, url, path: `/${providerOf(0)}/v1/messages` };
}

/** A new folder, by default on the disk, which is removed with the stack. */
export async function temporaryFolder(
  stack: AsyncDisposableStack,
  where = tmpdir(),
): Promise<string> {
  const folder = await mkdtemp(join(where, "aibridge-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Folders to measure in: a disk, and memory, which tells our code from the disk. */
const folders: readonly (readonly [name: string, folder: string])[] = [
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
 * How first bytes fare at this many requests a second, unrecorded and recorded,
 * for providers that answer at once and for such that think; beside it what the
 * disk takes by itself, measured just before.
 */
export async function measureFirstBytes(
  timing: Pick<Timing, "durationMs" | "breakInMs">,
  startsPerSecond: number,
): Promise<readonly FirstByteRow[]> {
  await using stack = new AsyncDisposableStack();
  const surroundings = { ...(await startSurroundings(stack)), watchFirstBytes: true };
  const gateways = [
    await startRecordingGateway(stack, "nothing", { ...surroundings, spool: undefined }),
  ];
  const rows: FirstByteRow[] = [];
  for (const [name, where] of folders) {
    const spool = await temporaryFolder(stack, where);
    rows.push(await measureDisk(name, spool, timing.durationMs));
    gateways.push(await startRecordingGateway(stack, name, { ...surroundings, spool }));
  }
  await breakIn(gateways, timing.breakInMs);
  for (const thinkMs of thinkTimesMs) {
    for (const gateway of gateways) {
      rows.push(...(await firstByteRows(gateway, thinkMs, startsPerSecond, timing.durationMs)));
    }
  }
  return rows;
}

async function measureDisk(place: string, folder: string, durationMs: number) {
  const args = [program("bare-disk"), folder, String(durationMs)];
  await using process = startProcess(measuredCore, args);
  const distribution = await process.nextLine<Distribution>();
  const perSecond = (distribution.count / durationMs) * 1_000;
  return { place, what: "write + fdatasync", perSecond, distribution };
}

async function firstByteRows(
  gateway: MeasuredProxy,
  thinkMs: number,
  startsPerSecond: number,
  durationMs: number,
): Promise<readonly FirstByteRow[]> {
  const path = `/${providerOf(thinkMs)}/v1/messages`;
  const warmupMs = Math.min(1_500, durationMs);
  const load = { connections: 256, perSecond: startsPerSecond, warmupMs, durationMs };
  const { perSecond } = await loadProxy(
    { ...gateway, path },
    { mode: "blocking", bodyBytes: 1_000, ...load, onWarm: () => report(gateway) },
  );
  const { durable, late, own } = await report(gateway);
  const row = (what: string, distribution: Distribution) => ({
    place: gateway.name,
    what: `${what}, provider ${thinkMs} ms`,
    perSecond,
    distribution,
  });
  return [row("durable", durable), row("late", late), row("own", own)];
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
  const gateways = [
    await startRecordingGateway(stack, "off", { ...surroundings, spool: undefined }),
  ];
  for (const [name, where] of folders) {
    const spool = await temporaryFolder(stack, where);
    gateways.push(await startRecordingGateway(stack, `on, ${name}`, { ...surroundings, spool }));
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
