import type { Measurement, Scenario } from "../measure.ts";
import { bodySize, type Cells, msFromUs } from "../report.ts";

/** A load in a few words; the number after the body's size is that of connections. */
export function nameOfLoad({ mode, bodyBytes, connections, perSecond }: Scenario): string {
  const rate = perSecond === undefined ? "" : `, ${perSecond}/s`;
  return `${mode}, ${bodySize(bodyBytes)}, ${connections}${rate}`;
}

/** What `speedRows` have after the load's name and that of whom it was put on. */
export const speedHead: readonly string[] = [
  "CPU µs/request",
  "requests/s",
  "ratio",
  "p50 ms",
  "p99 ms",
  "first byte p50 ms",
];

/** A row for each that was under a load; the ratio is of its rate to that of `base`. */
export function speedRows(
  load: string,
  measured: ReadonlyMap<string, Measurement>,
  base: string,
): readonly Cells[] {
  const compared = measured.get(base);
  return Array.from(measured, ([name, figures]) => [
    load,
    name,
    figures.cpuUs.toFixed(0),
    figures.perSecond.toFixed(0),
    compared ? (figures.perSecond / compared.perSecond).toFixed(2) : "",
    ...[figures.p50Us, figures.p99Us, figures.firstByteP50Us].map(msFromUs),
  ]);
}
