import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

type Cell = string | number;

function row(cells: readonly Cell[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

/** A row's beginning where there is nothing to measure. */
export const absentNginx: readonly string[] = ["nginx", "is not installed here"];

/** Tells whoever waits what goes on; the report itself goes to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function msFromUs(us: number): string {
  return (us / 1_000).toFixed(2);
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
