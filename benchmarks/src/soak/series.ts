import { heldBytes } from "../probe.ts";
import type { Series } from "./judge.ts";
import type { ProcessSample, Sample } from "./sample.ts";

const megabyte = 1_048_576;

/** What a soak judges, of each service. Memory in megabytes. */
export function seriesOf(samples: readonly Sample[]): readonly Series[] {
  const settled = samples.filter(({ isSettled }) => isSettled);
  const of = (name: "gateway" | "coderd") => {
    const series = (
      what: string,
      slack: number,
      value: (sample: ProcessSample) => number,
      from = samples,
    ): Series => ({
      name: `${name}: ${what}`,
      points: from.map((sample) => ({ at: sample.at, value: value(sample[name]) })),
      slack,
    });
    return [
      series("rss MB", 4, ({ rss }) => rss / megabyte),
      series("held MB", 1, (sample) => heldBytes(sample) / megabyte, settled),
      series("handles", 10, ({ handles }) => handles),
      series("open files", 10, ({ files }) => files),
    ];
  };
  const spool = samples.map(({ at, spoolEvents }) => ({ at, value: spoolEvents }));
  return [
    ...of("gateway"),
    { name: "gateway: events in the spool", points: spool, slack: 500 },
    ...of("coderd"),
  ];
}
