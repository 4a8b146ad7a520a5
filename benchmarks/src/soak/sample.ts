import { setTimeout as sleep } from "node:timers/promises";
import type { OwnMemory } from "../probe.ts";
import type { BenchProcess } from "../process.ts";

/** One process at one moment. */
export interface ProcessSample extends OwnMemory {
  readonly files: number;
}

/** Both services at one moment. Times in seconds since the sampling began. */
export interface Sample {
  readonly at: number;
  readonly gateway: ProcessSample;
  readonly coderd: ProcessSample;
  /** Events that wait in the gateway's spool. */
  readonly spoolEvents: number;
  /** Whether garbage was collected just before. */
  readonly isSettled: boolean;
}

export interface Sampled {
  readonly gateway: BenchProcess;
  readonly coderd: BenchProcess;
  readonly adminUrl: string;
}

const everyMs = 1_000;
/** Rarely, because collecting stops the process, and often enough for a line. */
const settleEvery = 10;

/** Samples once a second until `signal` aborts, and then returns. */
export async function* takeSamples(sampled: Sampled, signal: AbortSignal): AsyncGenerator<Sample> {
  const startedAt = performance.now();
  for (let count = 0; !signal.aborted; count += 1) {
    const isSettled = count % settleEvery === settleEvery - 1;
    yield {
      at: (performance.now() - startedAt) / 1_000,
      gateway: await sampleOf(sampled.gateway, isSettled),
      coderd: await sampleOf(sampled.coderd, isSettled),
      spoolEvents: await spoolEventsAt(sampled.adminUrl),
      isSettled,
    };
    const dueMs = startedAt + (count + 1) * everyMs - performance.now();
    await sleep(Math.max(0, dueMs), undefined, { signal }).catch(() => undefined);
  }
}

async function sampleOf(process: BenchProcess, isSettled: boolean): Promise<ProcessSample> {
  const memory = await process.ask(isSettled ? "settled memory" : "memory");
  return { ...memory, files: process.openFiles() };
}

async function spoolEventsAt(adminUrl: string): Promise<number> {
  const response = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(10_000) });
  return Number(/^aibridge_spool_events (\d+)/m.exec(await response.text())?.[1] ?? Number.NaN);
}
