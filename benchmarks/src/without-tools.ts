import { loadProxy, median } from "./measure.ts";
import { startProcess } from "./process.ts";

/**
 * `npm run bench:without-tools`: what it costs a user who has no MCP servers
 * that others may have some. Two gateways of one process take turns, one that
 * looks for servers and one that doesn't; prints the CPU of each request, and the ratio.
 */
const [roundsText = "60"] = process.argv.slice(2);
const file = (name: string) => new URL(`processes/${name}`, import.meta.url).pathname;
await using stack = new AsyncDisposableStack();
const upstream = stack.use(startProcess(1, [file("upstream.ts")]));
const { url: upstreamUrl } = await upstream.nextLine<{ url: string }>();
const both = stack.use(startProcess(0, [file("two-gateways.ts"), upstreamUrl]));
const { urls } = await both.nextLine<{ urls: string[] }>();
const gateways = urls.map((url, at) => ({
  name: at === 0 ? "without" : "mcp",
  process: both,
  url,
  path: "/anthropic/v1/messages",
  samples: [] as number[],
}));
const load = {
  mode: "blocking",
  bodyBytes: 40_000,
  connections: 32,
  warmupMs: 200,
  durationMs: 700,
} as const;
for (let round = 0; round < Number(roundsText); round++) {
  // The one that begins takes turns, too.
  for (const gateway of round % 2 === 0 ? gateways : gateways.toReversed()) {
    const { cpuUs } = await loadProxy(gateway, load);
    gateway.samples.push(cpuUs);
  }
}
// The machine's speed drifts: what ran side by side is compared, and the median counts.
const [without, mcp] = gateways.map(({ samples }) => samples);
const ratios = (mcp ?? []).map((cpuUs, round) => cpuUs / (without?.[round] ?? Number.NaN));
process.stdout.write(
  `CPU µs/request: ${median(without ?? []).toFixed(1)} without, ${median(mcp ?? []).toFixed(1)} with MCP; median of ${ratios.length} ratios ${median(ratios).toFixed(3)}\n`,
);
