import { loadProxy } from "./measure.ts";
import { startProcess } from "./process.ts";

/**
 * `npm run bench:without-tools`: what it costs a user who has no MCP servers
 * that others may have some. Two gateways take turns, one that looks for
 * servers and one that doesn't; prints the CPU of each request, and the ratio.
 */
const [roundsText = "12"] = process.argv.slice(2);
const file = (name: string) => new URL(`processes/${name}`, import.meta.url).pathname;
await using stack = new AsyncDisposableStack();
const upstream = stack.use(startProcess(1, [file("upstream.ts")]));
const { url: upstreamUrl } = await upstream.nextLine<{ url: string }>();
const gateways = await Promise.all(
  [[], ["mcp"]].map(async (args) => {
    const gateway = stack.use(
      startProcess(0, [file("gateway-without-rpc.ts"), upstreamUrl, ...args]),
    );
    const { url } = await gateway.nextLine<{ url: string }>();
    const name = args[0] ?? "without";
    return { name, process: gateway, url, path: "/anthropic/v1/messages", samples: [] as number[] };
  }),
);
const load = {
  mode: "blocking",
  bodyBytes: 40_000,
  connections: 32,
  warmupMs: 500,
  durationMs: 2_000,
} as const;
for (let round = 0; round < Number(roundsText); round++) {
  // The one that begins takes turns, too.
  for (const gateway of round % 2 === 0 ? gateways : gateways.toReversed()) {
    const { cpuUs } = await loadProxy(gateway, load);
    gateway.samples.push(cpuUs);
  }
}
const [without = 0, mcp = 0] = gateways.map(({ samples }) => {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
});
process.stdout.write(
  `CPU µs/request: ${without.toFixed(1)} without, ${mcp.toFixed(1)} with MCP; ratio ${(mcp / without).toFixed(3)}\n`,
);
