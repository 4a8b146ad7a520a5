import type { Timing } from "../measure.ts";
import { type FirstByteRow, measureFirstBytes, measureOnOff } from "../recording.ts";
import { say, table } from "../report.ts";
import { nameOf, speedHead, speedRow } from "./proxies.ts";

/** What the record costs: the same gateway with and without. */
export async function tellOfRecording(timing: Timing): Promise<string> {
  const loads = [
    { connections: 32, perSecond: 150 },
    { connections: 32, perSecond: 1_000 },
    { connections: 32 },
    { connections: 256 },
  ];
  say("measuring recording ...");
  const measured = await measureOnOff(loads, timing);
  const rows = measured.flatMap((figures, at) => {
    const name = nameOf({ mode: "blocking", bodyBytes: 1_000, connections: 0, ...loads[at] });
    const off = figures.get("off");
    return Array.from(figures, ([what, it]) => speedRow(name, what, it, off));
  });
  return `The same gateway with its record off and on; who takes the record does so at once, and keeps nothing:\n\n${table(["load", "recording", ...speedHead], rows)}`;
}

/** What the record adds to first bytes at this many requests a second. */
export async function tellOfFirstBytes(
  timing: Pick<Timing, "durationMs" | "breakInMs">,
  perSecond: number,
): Promise<string> {
  say("measuring first bytes ...");
  const rows = await measureFirstBytes(timing, perSecond);
  const head = ["spool on", "what", "per second", "none", "p50 ms", "p99 ms", "p99.9 ms", "max ms"];
  return `What recording adds to first bytes at ${perSecond} requests a second, unless the machine sustains fewer: how long after the provider's first byte the start was durable, and what the disk takes by itself:\n\n${table(head, rows.map(firstByteRow))}`;
}

function firstByteRow({ place, what, perSecond, distribution }: FirstByteRow) {
  const { zeroShare, ...figures } = distribution;
  const { p50, p99, p999, max } = figures;
  const ms = [p50, p99, p999, max].map((value) => value.toFixed(2));
  return [place, what, perSecond.toFixed(0), `${(zeroShare * 100).toFixed(1)} %`, ...ms];
}
