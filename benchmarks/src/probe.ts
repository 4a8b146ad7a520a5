import type { Profiler } from "node:inspector";

/** What a process says of its own memory, in bytes, and of what it has open. */
export interface OwnMemory {
  /** Pages of the process that are in memory, whoever asked for them. */
  readonly rss: number;
  /** JavaScript objects. */
  readonly heapUsed: number;
  /** Memory outside of the heap that objects hold on to, buffers among it. */
  readonly external: number;
  /** What keeps the event loop alive: sockets, servers, timers, requests. */
  readonly handles: number;
}

/** What objects take: the heap, and what they hold outside of it, in bytes. */
export function heldBytes({ heapUsed, external }: OwnMemory): number {
  return heapUsed + external;
}

/** What a process did while it was profiled. CPU in microseconds, user and system. */
export interface ProfiledTime {
  readonly profile: Profiler.Profile;
  readonly mainThreadCpuUs: number;
  /** Of all its threads. */
  readonly processCpuUs: number;
}

/** What can be asked of `processes/probe.ts`, and what it answers. */
export interface ProbeAnswers {
  readonly memory: OwnMemory;
  /** After a full garbage collection: what is really held. */
  readonly "settled memory": OwnMemory;
  readonly "start profile": "started";
  readonly "stop profile": ProfiledTime;
}
