import { addedCells, type Cells, kilobytes, megabytes, msFromUs } from "../report.ts";
import type { StreamMeasurement } from "../streams/measure-streams.ts";

/** What `flowCells` have after a proxy's name. */
export const flowHead: readonly string[] = [
  ...["streams", "refused", "events/s", "of those due", "CPU µs/event", "of a core"],
  ...["p50 ms", "p99 ms", "added p50 ms", "added p99 ms"],
];

/** How events came through; added is what `bare` had not, or empty. */
export function flowCells(measured: StreamMeasurement, bare: StreamMeasurement | undefined): Cells {
  return [
    measured.streams,
    measured.refused,
    measured.perSecond.toFixed(0),
    `${(measured.share * 100).toFixed(1)} %`,
    measured.cpuUs.toFixed(1),
    measured.core.toFixed(2),
    ...[measured.p50Us, measured.p99Us].map(msFromUs),
    ...addedCells(measured, bare),
  ];
}

/** Resident memory of a proxy that has just started, in bytes. */
export interface Idle {
  readonly residentBytes: number;
  /** After a collection: the same without what starting up left behind. */
  readonly settledBytes: number | undefined;
}

/** What streams are compared with, as what warming up takes is not theirs. In bytes. */
export interface Base {
  /** How many streams it was warmed up with. */
  readonly streams: number;
  readonly residentBytes: number;
  readonly heldBytes: number | undefined;
}

/**
 * `idle` and `open` are resident memory, all of it: before any load (in brackets
 * after a collection), and with the streams flowing, with garbage in it that
 * nobody needed to collect yet. Per stream it is compared with after the warm-up,
 * whose streams count as if they had left nothing. Held is the heap, and what it
 * holds outside, after a collection.
 */
export const memoryHead: readonly string[] = [
  "idle rss MB",
  "open rss MB",
  "rss KB/stream",
  "held KB/stream",
];

/** See `memoryHead`. */
export function memoryCells(
  idle: Idle,
  base: Base,
  { streams, residentBytes, heldBytes }: StreamMeasurement,
): Cells {
  const idleMb = megabytes(idle.residentBytes);
  const { settledBytes } = idle;
  return [
    settledBytes === undefined ? idleMb : `${idleMb} (${megabytes(settledBytes)})`,
    megabytes(residentBytes),
    kilobytes((residentBytes - base.residentBytes) / (streams - base.streams)),
    heldBytes === undefined || base.heldBytes === undefined
      ? "unknown"
      : kilobytes((heldBytes - base.heldBytes) / streams),
  ];
}
