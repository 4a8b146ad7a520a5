import { breakIn, loadProxy, median } from "./measure.ts";
import { startProcess } from "./process.ts";
import { measuredCore, otherCores, program } from "./services.ts";

/**
 * `npm run bench:without-tools`: what it costs a user who has no MCP servers
 * that others may have some. Gateways of one process take turns: two that know
 * nothing of MCP, and one that looks for servers. Prints the CPU of each
 * request, and its ratio to the first; that of the two equal ones says how much
 * a ratio is worth.
 */
const [roundsText = "60"] = process.argv.slice(2);
const names = ["without", "without, again", "mcp"];
await using stack = new AsyncDisposableStack();
const upstream = stack.use(startProcess(otherCores, [program("upstream")]));
const { url: upstreamUrl } = await upstream.nextLine<{ url: string }>();
const all = stack.use(startProcess(measuredCore, [program("side-by-side"), upstreamUrl]));
const { urls } = await all.nextLine<{ urls: string[] }>();
const gateways = urls.map((url, at) => ({
  name: names[at] ?? "",
  process: all,
  url,
  path: "/anthropic/v1/messages",
  samples: [] as number[],
}));
await breakIn(gateways, 10_000);
const load = {
  mode: "blocking",
  bodyBytes: 40_000,
  connections: 32,
  warmupMs: 200,
  durationMs: 700,
} as const;
for (let round = 0; round < Number(roundsText); round++) {
  // The one that begins takes turns, too.
  const first = round % gateways.length;
  for (const gateway of [...gateways.slice(first), ...gateways.slice(0, first)]) {
    gateway.samples.push((await loadProxy(gateway, load)).cpuUs);
  }
}
// The machine's speed drifts: what ran side by side is compared, and the median counts.
const base = gateways[0]?.samples ?? [];
for (const { name, samples } of gateways) {
  const ratios = samples.map((cpuUs, round) => cpuUs / (base[round] ?? Number.NaN));
  const [low, middle, high] = medianWithin95(ratios);
  process.stdout.write(
    `${name}: ${median(samples).toFixed(1)} µs/request, ratio ${middle.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)}, ${ratios.length} rounds)\n`,
  );
}

/** The median, and the order statistics between which the true one is in 95 of 100 cases. */
function medianWithin95(values: readonly number[]): [low: number, middle: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const half = 0.98 * Math.sqrt(sorted.length);
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, rank))] ?? Number.NaN;
  const middle = sorted.length / 2;
  return [at(Math.floor(middle - half)), median(values), at(Math.ceil(middle + half))];
}
