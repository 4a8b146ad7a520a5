import type { ProfiledTime } from "../probe.ts";
import { table } from "../report.ts";
import { foldProfile, type SelfTime } from "./fold.ts";

/** What was served meanwhile, and how many lines the tables may have. */
export interface Served {
  readonly unit: string;
  readonly served: number;
  readonly top: number;
}

/**
 * V8 believes that a process is idle while libuv polls, and there libuv also
 * reads sockets and runs what is not JavaScript: CPU that no sample shows.
 */
const unseen = "native: libuv, such as reading sockets (by CPU time)";

/** Where the main thread's time went, as sentences and tables in Markdown. */
export function tellOfProfile(
  { profile, mainThreadCpuUs, processCpuUs }: ProfiledTime,
  { unit, served, top }: Served,
): string {
  const { busyUs, groups, files, functions } = foldProfile(profile);
  const unseenUs = Math.max(0, mainThreadCpuUs - busyUs);
  const allUs = busyUs + unseenUs;
  const each = (us: number) => (us / served).toFixed(1);
  const tableOf = (what: string, times: readonly SelfTime[]) =>
    table(
      [what, "of all", `µs/${unit}`],
      times.map(({ name, us }) => [name, `${((us / allUs) * 100).toFixed(1)} %`, each(us)]),
    );
  const withUnseen = [...groups, { name: unseen, us: unseenUs }].sort((a, b) => b.us - a.us);
  return [
    `${served} ${unit}s; CPU for each ${each(processCpuUs)} µs, of these the main thread's ${each(mainThreadCpuUs)}. The profile's samples show ${each(busyUs)}, by the clock; where others use the same core that is more than CPU. Percentages are of the main thread's time without idling, and of self time: not of what a function called.`,
    tableOf("package", withUnseen),
    tableOf("file", files.slice(0, top)),
    tableOf("function", functions.slice(0, top)),
  ].join("\n\n");
}
