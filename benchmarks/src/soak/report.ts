import { heldBytes } from "../probe.ts";
import { type Cells, megabytes, msFromUs, table } from "../report.ts";
import type { SoakMinute } from "./job.ts";
import type { Judgement } from "./judge.ts";
import type { ProcessSample, Sample } from "./sample.ts";

/** A line of the table, and what it is made of. */
export interface MinuteRow {
  readonly result: SoakMinute;
  readonly cells: Cells;
}

const minuteHead = [
  ...["minute", "served", "cut", "refused", "unexpected", "p50 ms", "p99 ms", "spool events"],
  ...["rss MB", "held MB", "handles", "files"].map((name) => `gateway ${name}`),
  ...["rss MB", "held MB", "handles", "files"].map((name) => `coderd ${name}`),
];

/** Of each figure the highest of the minute; of what is held the last. */
export function minuteRow(
  minute: number,
  result: SoakMinute,
  samples: readonly Sample[],
): MinuteRow {
  const { served, cut, refused, unexpected, p50Us, p99Us } = result;
  const wrong = Object.values(unexpected).reduce((all, count) => all + count, 0);
  const cells = [
    ...[minute, served, cut, refused, wrong, msFromUs(p50Us), msFromUs(p99Us)],
    highestOf(samples.map(({ spoolEvents }) => spoolEvents)),
    ...processCells(samples, ({ gateway }) => gateway),
    ...processCells(samples, ({ coderd }) => coderd),
  ];
  return { result, cells };
}

function processCells(samples: readonly Sample[], pick: (sample: Sample) => ProcessSample): Cells {
  const all = samples.map(pick);
  const settled = samples.findLast(({ isSettled }) => isSettled);
  return [
    megabytes(highestOf(all.map(({ rss }) => rss))),
    settled ? megabytes(heldBytes(pick(settled))) : "",
    highestOf(all.map(({ handles }) => handles)),
    highestOf(all.map(({ files }) => files)),
  ];
}

function highestOf(values: readonly number[]): number {
  return Math.max(0, ...values);
}

/** The whole report; `faults` are what the verdict names. */
export function tellOfSoak(
  rows: readonly MinuteRow[],
  judgements: readonly Judgement[],
  faults: readonly string[],
): string {
  const verdict =
    faults.length === 0
      ? "**Flat**, and all that was answered is on record."
      : `**Not as it must be**: ${faults.join("; ")}.`;
  return [
    table(
      minuteHead,
      rows.map(({ cells }) => cells),
    ),
    "Of each figure in the second half its mean, and by how much a line through it rises, with two standard errors:",
    table(["figure", "mean", "growth", "±", "allowed", "flat"], judgements.map(judgementCells)),
    verdict,
  ].join("\n\n");
}

function judgementCells({ name, mean, growth, error, allowed, isFlat }: Judgement): Cells {
  const figures = [mean, growth, 2 * error, allowed].map((value) => value.toFixed(1));
  return [name, ...figures, isFlat ? "yes" : "no"];
}
