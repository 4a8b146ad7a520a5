import type { Writable } from "node:stream";
import Table from "cli-table3";

/** What a command has to show: to programs, and to people. */
export interface Shown {
  /** One line of JSON on stdout, with `--json`. */
  readonly json: object;
  /** Otherwise this, with a line break after it. */
  readonly text: string;
}

/** Prints one or the other. */
export function show(stdout: Writable, asJson: boolean, { json, text }: Shown): void {
  stdout.write(asJson ? `${JSON.stringify(json)}\n` : `${text}\n`);
}

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Columns under their names, without lines, so that `awk` and `cut` can read it too. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: columns.map((column) => column.toUpperCase()),
    chars: noBorders,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return trimLines(drawn.toString());
}

/** Names and values, one pair a line. */
export function facts(pairs: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(pairs).map((name) => name.length));
  return Object.entries(pairs)
    .map(([name, value]) => `${`${name}:`.padEnd(width + 1)}  ${value}`)
    .join("\n");
}

function trimLines(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
