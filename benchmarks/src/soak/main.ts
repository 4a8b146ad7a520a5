import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type MeasuredGateway, startGateway } from "../proxies.ts";
import { machine, say } from "../report.ts";
import { startLoad } from "../scene.ts";
import { type Services, startServices } from "../services.ts";
import type { SoakMinute } from "./job.ts";
import { judge } from "./judge.ts";
import { lostFrom, unexpectedOf } from "./outcomes.ts";
import { type MinuteRow, minuteRow, tellOfSoak } from "./report.ts";
import { type Sample, takeSamples } from "./sample.ts";
import { seriesOf } from "./series.ts";

/**
 * `npm run soak`: mixed traffic for half an hour, with both services watched.
 * Prints a table with a line a minute and a verdict, and exits with 1 unless
 * memory is flat, everything was answered as it should be, and all of it is on record.
 *
 * - `--minutes`: 30 unless said, 1,440 at most. Under ten, memory is still
 *   warming up, and the verdict on it is worth little.
 * - `--rate`: requests a second
 * - `--out`: a file for the report
 */
const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "100" },
    out: { type: "string" },
  },
});
const minutes = Math.min(1_440, Math.max(1, Math.round(Number(flags.minutes))));
const perSecond = Number(flags.rate);

const origin = `Soaked on ${machine()}, with ${perSecond} requests a second for ${minutes} minutes: half are short, a tenth 40 KB, 29 % stream, a tenth leave in the middle of a stream, and one in a hundred has a key that nobody gave out. Held is the heap and what it holds outside, after a collection.`;
await using stack = new AsyncDisposableStack();
const services = await startServices(stack);
const gateway = await startGateway(stack, services);

const samples: Sample[] = [];
const enough = new AbortController();
const sampling = sampleAll();
const rows = await runMinutes(gateway, services);
enough.abort();
await sampling;
const results = rows.map(({ result }) => result);
const judgements = seriesOf(samples).map(judge);
const growing = judgements.filter(({ isFlat }) => !isFlat).map(({ name }) => `${name} grows`);
const faults = [
  ...unexpectedOf(results),
  ...(await lostFrom(services.record, results)),
  ...growing,
];
const report = `${origin}\n\n${tellOfSoak(rows, judgements, faults)}\n`;
process.stdout.write(report);
if (flags.out) writeFileSync(flags.out, report);
if (faults.length > 0) process.exitCode = 1;

async function sampleAll(): Promise<void> {
  const sampled = { ...services, gateway: gateway.process, adminUrl: gateway.adminUrl };
  for await (const sample of takeSamples(sampled, enough.signal)) samples.push(sample);
}

async function runMinutes(
  { url, path }: MeasuredGateway,
  { apiKey }: Services,
): Promise<readonly MinuteRow[]> {
  const job = { url, path, apiKey, perSecond, connections: 256, minutes };
  await using load = startLoad(job, "soak-load");
  const rows: MinuteRow[] = [];
  let seen = 0;
  for (let minute = 1; minute <= minutes; minute += 1) {
    const result = await load.nextLine<SoakMinute>();
    const row = minuteRow(minute, result, samples.slice(seen));
    seen = samples.length;
    rows.push(row);
    say(row.cells.join(" | "));
  }
  return rows;
}
