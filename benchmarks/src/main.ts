import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { type Measurement, measure, measureMemory, type Scenario } from "./measure.ts";
import { type FirstByteRow, measureFirstBytes, measureOnOff } from "./recording.ts";
import { type Scene, startScene } from "./scene.ts";

/**
 * `npm run bench`: the gateway against a bare proxy, in one run, on one core.
 * Prints Markdown tables, and writes them where `--out` says. `--only` takes one
 * of `proxies`, `recording` and `first-byte`, the last at `--rate` requests a
 * second. `--quick` shows that it works; its figures are worth little.
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    only: { type: "string" },
    rate: { type: "string", default: "1000" },
  },
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
  return table(["load", "proxy", ...speedHead], rows);
}

const speedHead = [
  "CPU µs/request",
  "requests/s",
  "ratio",
  "p50 ms",
  "p99 ms",
  "first byte p50 ms",
];

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

async function tellOfRecording(): Promise<string> {
  const loads = [
    { connections: 32, perSecond: 150 },
    { connections: 32, perSecond: 1_000 },
    { connections: 32 },
  ];
  const rows: (string | number)[][] = [];
  for (const load of loads) {
    const name = nameOf({ mode: "blocking", bodyBytes: 1_000, ...load });
    say(`measuring recording, ${name} ...`);
    const measured = await measureOnOff(load, timing);
    const off = measured.get("off");
    for (const [what, figures] of measured) rows.push(speedRow(name, what, figures, off));
  }
  return table(["load", "recording", ...speedHead], rows);
}

async function tellOfFirstBytes(): Promise<string> {
  say("measuring first bytes ...");
  const rows = await measureFirstBytes(flags.quick ? 1_000 : 10_000, Number(flags.rate));
  const head = ["spool on", "what", "per second", "none", "p50 ms", "p99 ms", "p99.9 ms", "max ms"];
  return table(head, rows.map(firstByteRow));
}

function firstByteRow({ place, what, perSecond, distribution }: FirstByteRow) {
  const { zeroShare, ...figures } = distribution;
  const { p50, p99, p999, max } = figures;
  const ms = [p50, p99, p999, max].map((value) => value.toFixed(2));
  return [place, what, perSecond.toFixed(0), `${(zeroShare * 100).toFixed(1)} %`, ...ms];
}

async function tellOfProxies(): Promise<string> {
  await using scene = await startScene();
  return [
    "At one rate for all, what a request costs and how long it takes:",
    await measureSpeed(scene, paced),
    "As fast as each can, by number of connections. Where coderd is asked, coderd and its database on the other core are the limit:",
    await measureSpeed(scene, saturating),
    "Resident memory, after the load above, and with 256 streams open that each had a request body of 400 KB:",
    await measureMemories(scene),
  ].join("\n\n");
}

const sections: Readonly<Record<string, () => Promise<string>>> = {
  proxies: tellOfProxies,
  recording: async () =>
    `The same gateway with its record off and on; who takes the record does so at once:\n\n${await tellOfRecording()}`,
  "first-byte": async () =>
    `What recording adds to first bytes at ${flags.rate} requests a second, unless the machine sustains fewer: how long after the provider's first byte the start was durable, and what the disk takes by itself:\n\n${await tellOfFirstBytes()}`,
};

const report = [
  `Measured on ${machine()}. What is measured has one core for itself; load, upstream, coderd and Postgres share the other.`,
];
for (const [name, tell] of Object.entries(sections)) {
  if (flags.only === undefined || flags.only === name) report.push(await tell());
}
if (report.length === 1) throw new Error(`--only takes one of ${Object.keys(sections).join(", ")}`);
process.stdout.write(`${report.join("\n\n")}\n`);
if (flags.out) writeFileSync(flags.out, `${report.join("\n\n")}\n`);
