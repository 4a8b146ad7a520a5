import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { machine } from "./report.ts";
import { tellOfDuties } from "./sections/duties.ts";
import { tellOfHalfLoad } from "./sections/half-load.ts";
import { tellOfProxies } from "./sections/proxies.ts";
import { tellOfFirstBytes, tellOfRecording } from "./sections/recording.ts";
import { tellOfStreams } from "./sections/streams.ts";

/**
 * `npm run bench`: the gateway against a bare proxy, in one run, on one core.
 * Prints Markdown tables, and writes them where `--out` says. `--only` takes one
 * of the sections. `--quick` shows that it works; its figures are worth little.
 *
 * - `--rounds`: how often each is measured, of which the median counts
 * - `--rate`: requests a second of `first-byte`
 * - `--arrivals`: `constant` or `poisson`, for `half-load`
 * - `--streams`, `--events`: how many streams are open, and what each has a second
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
    rate: { type: "string", default: "1000" },
    arrivals: { type: "string", default: "poisson" },
    streams: { type: "string" },
    events: { type: "string", default: "30" },
  },
});
const timing = flags.quick
  ? { breakInMs: 0, rounds: 1, warmupMs: 300, durationMs: 500 }
  : { breakInMs: 12_000, rounds: Number(flags.rounds), warmupMs: 700, durationMs: 2_000 };
const arrivals = flags.arrivals === "constant" ? "constant" : "poisson";

const sections: Readonly<Record<string, () => Promise<string>>> = {
  proxies: () => tellOfProxies(timing, flags.quick),
  "half-load": () => tellOfHalfLoad(flags.quick ? [200] : [200, 40_000], timing, arrivals),
  streams: () =>
    tellOfStreams({
      streams: Number(flags.streams ?? (flags.quick ? 50 : 2_000)),
      eventsPerSecond: Number(flags.events),
      isQuick: flags.quick,
    }),
  duties: () => tellOfDuties(timing),
  recording: () => tellOfRecording(timing),
  "first-byte": () =>
    tellOfFirstBytes({ ...timing, durationMs: flags.quick ? 500 : 10_000 }, Number(flags.rate)),
};

const report = [
  `Measured on ${machine()}. What is measured has one core for itself; load, upstream, coderd and Postgres share the rest.`,
];
for (const [name, tell] of Object.entries(sections)) {
  if (flags.only === undefined || flags.only === name) report.push(await tell());
}
if (report.length === 1) throw new Error(`--only takes one of ${Object.keys(sections).join(", ")}`);
process.stdout.write(`${report.join("\n\n")}\n`);
if (flags.out) writeFileSync(flags.out, `${report.join("\n\n")}\n`);
