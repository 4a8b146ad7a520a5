import type { Profiler } from "node:inspector";
import { placeOf } from "./group.ts";

/** Time in a thing itself, not in what it called, in microseconds. */
export interface SelfTime {
  readonly name: string;
  readonly us: number;
}

/** Where a process spent its time. Lists are in falling order of it. */
export interface FoldedProfile {
  /** Time in which it did something. All parts of this profile add up to it. */
  readonly busyUs: number;
  readonly idleUs: number;
  readonly groups: readonly SelfTime[];
  readonly files: readonly SelfTime[];
  readonly functions: readonly SelfTime[];
}

/** Adds up a CPU profile of V8. Idle time is apart, and in no list. */
export function foldProfile(profile: Profiler.Profile): FoldedProfile {
  const byNode = selfTimes(profile);
  const [groups, files, functions] = [new Sums(), new Sums(), new Sums()];
  let busyUs = 0;
  let idleUs = 0;
  for (const { id, callFrame } of profile.nodes) {
    const us = byNode.get(id) ?? 0;
    const { group, file } = placeOf(callFrame);
    if (group === "idle") {
      idleUs += us;
      continue;
    }
    busyUs += us;
    groups.add(group, us);
    files.add(file === "" ? `(${group})` : file, us);
    functions.add(describe(callFrame.functionName, file, callFrame.lineNumber), us);
  }
  return {
    busyUs,
    idleUs,
    groups: groups.falling(),
    files: files.falling(),
    functions: functions.falling(),
  };
}

/** V8 counts lines from 0. */
function describe(functionName: string, file: string, lineNumber: number): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return file === "" ? name : `${name} ${file}:${lineNumber + 1}`;
}

/** A sample lasts until the next one. A delta is the time since the one before. */
function selfTimes({ samples = [], timeDeltas = [] }: Profiler.Profile) {
  const byNode = new Map<number, number>();
  samples.slice(0, -1).forEach((node, at) => {
    // Clocks of several cores may put a sample before its predecessor.
    const lasted = Math.max(0, timeDeltas[at + 1] ?? 0);
    byNode.set(node, (byNode.get(node) ?? 0) + lasted);
  });
  return byNode;
}

class Sums {
  readonly #sums = new Map<string, number>();

  add(name: string, us: number): void {
    if (us > 0) this.#sums.set(name, (this.#sums.get(name) ?? 0) + us);
  }

  falling(): readonly SelfTime[] {
    return Array.from(this.#sums, ([name, us]) => ({ name, us })).sort((a, b) => b.us - a.us);
  }
}
