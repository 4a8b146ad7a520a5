import type { Scenario, Timing } from "../measure.ts";
import { type FirstByteRow, measureFirstBytes, measureOnOff } from "../recording.ts";
import { type Cells, say, table } from "../report.ts";
import { nameOfLoad, speedHead, speedRows } from "./speed-table.ts";

const small = { mode: "blocking", bodyBytes: 1_000 } as const;
const loads: readonly Scenario[] = [
  { ...small, connections: 32, perSecond: 150 },
  { ...small, connections: 32, perSecond: 1_000 },
  { ...small, connections: 32 },
  { ...small, connections: 256 },
];

/** What the record costs: the same gateway with and without. */
export async function tellOfRecording(timing: Timing): Promise<string> {
  say("measuring recording ...");
  const all = await measureOnOff(loads, timing);
  const rows = all.flatMap(({ load, measured }) => speedRows(nameOfLoad(load), measured, "off"));
  return `The same gateway with its record off and on; who takes the record does so at once, and keeps nothing:\n\n${table(["load", "recording", ...speedHead], rows)}`;
}

/** What the record adds to first bytes at this many requests a second. */
export async function tellOfFirstBytes(
  timing: Pick<Timing, "durationMs" | "breakInMs">,
  perSecond: number,
): Promise<string> {
  say("measuring first bytes ...");
  const rows = await measureFirstBytes(timing, perSecond);
  const head = ["recorded on", "what", "per second", "p50 ms", "p99 ms", "p99.9 ms", "max ms"];
  return `First bytes at ${perSecond} requests a second, unless the machine sustains fewer. \`durable\`: from an interception's start until that is durable. \`late\`: how long after the slower of that and the provider's first byte ours left. \`own\`: from the start until the first byte left, less what the provider took. What recording adds is the difference to where nothing is recorded:\n\n${table(head, rows.map(firstByteRow))}`;
}

function firstByteRow({ place, what, perSecond, distribution }: FirstByteRow): Cells {
  const { p50, p99, p999, max } = distribution;
  const ms = [p50, p99, p999, max].map((value) => value.toFixed(2));
  return [place, what, perSecond.toFixed(0), ...ms];
}
