import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { type Measurement, measure, measureMemory, type Scenario } from "./measure.ts";
import { type Scene, startScene } from "./scene.ts";

/**
 * `npm run bench`: the gateway against a bare proxy, in one run, on one core.
 * Prints a Markdown table, and writes it where `--out` says. `--quick` shows
 * that it works; its figures are worth little.
 */
const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string" } },
});
const timing = flags.quick
  ? { rounds: 1, warmupMs: 300, durationMs: 500 }
  : { rounds: 3, warmupMs: 700, durationMs: 2_000 };

/**
 * At one rate for all, far below what any of them can do: a process that is
 * asked more often finds more to do each time it wakes, and its cost per
 * request falls, so costs at different rates can't be compared.
 */
const paced: readonly Scenario[] = [200, 40_000, 400_000].map((bodyBytes) => ({
  mode: "blocking",
  bodyBytes,
  connections: 32,
  perSecond: 150,
}));

const saturating: readonly Scenario[] = [
  { mode: "blocking", bodyBytes: 200, connections: 1 },
  { mode: "blocking", bodyBytes: 200, connections: 32 },
  { mode: "blocking", bodyBytes: 200, connections: 256 },
  { mode: "blocking", bodyBytes: 40_000, connections: 1 },
  { mode: "blocking", bodyBytes: 40_000, connections: 32 },
  { mode: "blocking", bodyBytes: 400_000, connections: 1 },
  { mode: "blocking", bodyBytes: 400_000, connections: 32 },
  { mode: "stream", bodyBytes: 200, connections: 32 },
  { mode: "stream", bodyBytes: 40_000, connections: 32 },
];
const openStreams = { connections: 256, bodyBytes: 400_000 };

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

function nameOf({ mode, bodyBytes, connections, perSecond }: Scenario): string {
  const rate = perSecond === undefined ? "" : `, ${perSecond}/s`;
  return `${mode}, ${bodyBytes / 1_000} KB, ${connections}${rate}`;
}

async function measureSpeed(scene: Scene, scenarios: readonly Scenario[]): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const scenario of scenarios) {
    say(`measuring ${nameOf(scenario)} ...`);
    const measured = await measure(scene, scenario, timing);
    const bare = measured.get("bare");
    for (const [name, figures] of measured)
      rows.push(speedRow(nameOf(scenario), name, figures, bare));
  }
  const head = [
    "load",
    "proxy",
    "CPU µs/request",
    "requests/s",
    "ratio",
    "p50 ms",
    "p99 ms",
    "first byte p50 ms",
  ];
  return table(head, rows);
}

function speedRow(load: string, name: string, figures: Measurement, bare: Measurement | undefined) {
  const ms = (us: number) => (us / 1_000).toFixed(2);
  return [
    load,
    name,
    figures.cpuUs.toFixed(0),
    figures.perSecond.toFixed(0),
    bare ? (figures.perSecond / bare.perSecond).toFixed(2) : "",
    ms(figures.p50Us),
    ms(figures.p99Us),
    ms(figures.firstByteP50Us),
  ];
}

async function measureMemories(scene: Scene): Promise<string> {
  const rows: (string | number)[][] = [];
  const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(0);
  for (const proxy of scene.proxies) {
    say(`opening ${openStreams.connections} streams through ${proxy.name} ...`);
    const { idle, holding } = await measureMemory(proxy, scene, openStreams);
    const perStream = (holding - idle) / openStreams.connections / 1_024;
    rows.push([proxy.name, megabytes(idle), megabytes(holding), perStream.toFixed(1)]);
  }
  return table(["proxy", "before MB", "256 open streams MB", "KB/stream"], rows);
}

function machine(): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"]).toString().trim();
  const memory = Math.round(totalmem() / 1_073_741_824);
  return `${availableParallelism()} cores of ${cpus()[0]?.model}, ${memory} GiB, Node ${process.versions.node}, commit ${commit}`;
}

await using scene = await startScene();
const report = [
  `Measured on ${machine()}. What is measured has one core for itself; load, upstream, coderd and Postgres share the other.`,
  "At one rate for all, what a request costs and how long it takes:",
  await measureSpeed(scene, paced),
  "As fast as each can, by number of connections. Where coderd is asked, coderd and its database on the other core are the limit:",
  await measureSpeed(scene, saturating),
  "Resident memory, after the load above, and with 256 streams open that each had a request body of 400 KB:",
  await measureMemories(scene),
].join("\n\n");
process.stdout.write(`${report}\n`);
if (flags.out) writeFileSync(flags.out, `${report}\n`);
