import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** A row of a table, or a part of one. */
export type Cells = readonly (string | number)[];

function row(cells: Cells): string {
  return `| ${cells.join(" | ")} |`;
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly Cells[]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

/** A row's beginning where there is nothing to measure. */
export const absentNginx: Cells = ["nginx", "is not installed here"];

/** Tells whoever waits what goes on; the report itself goes to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function msFromUs(us: number): string {
  return (us / 1_000).toFixed(2);
}

/** Microseconds. */
interface Percentiles {
  readonly p50Us: number;
  readonly p99Us: number;
}

/** By how much one's median and 99th percentile exceed another's, in milliseconds; empty without another. */
export function addedCells(one: Percentiles, other: Percentiles | undefined): Cells {
  if (other === undefined) return ["", ""];
  return [one.p50Us - other.p50Us, one.p99Us - other.p99Us].map(msFromUs);
}

/** Of a request body: 1 KB is 1,000 bytes. */
export function bodySize(bytes: number): string {
  return `${bytes / 1_000} KB`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}

export function kilobytes(bytes: number): string {
  return (bytes / 1_024).toFixed(1);
}

/** Where a report comes from, without which its figures mean nothing. */
export function machine(): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"]).toString().trim();
  const memory = Math.round(totalmem() / 1_073_741_824);
  const load = loadavg()[0]?.toFixed(1);
  return `${availableParallelism()} cores of ${cpus()[0]?.model}, ${memory} GiB, Node ${process.versions.node}, commit ${commit}, load average ${load} at the start`;
}
