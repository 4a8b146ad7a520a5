// Measures how long revocations take to be felt: two coderd on a PostgreSQL of
// its own, three aibridged that answer others meanwhile, each key served and
// streaming at each of them. Twice on the way a coderd is killed, and twice one is
// frozen, its streams open and silent, right before a revocation at the other.
//
//     npm run bench:revocation -- [revocations, 1000 unless said; the fewer, the more these four weigh]
//
// Prints a Markdown table. The exit code is 1 if p99 is 250 ms or more, or
// anything took over 1 s.

import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres } from "@aibridge/testing/postgres";
import { ask, bearer } from "./ask.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import {
  createOwner,
  quantile,
  type RevocationTimes,
  stallStreams,
  warmKey,
} from "./revocation-times.ts";

const p99MsMax = 250;
const msMax = 1_000;
/** Requests of other keys, a second and gateway. */
const loadPerSecond = 50;

type Fault = "none" | "killed" | "frozen";
type Sample = RevocationTimes & { readonly fault: Fault };

const revocations = Number(process.argv[2] ?? 1_000);
/** By the number of the revocation, what happens right before it. */
const faults = new Map<number, Fault>([
  [Math.floor(revocations / 4), "killed"],
  [Math.floor(revocations / 2), "frozen"],
  [Math.floor((3 * revocations) / 4), "killed"],
  [revocations - 1, "frozen"],
]);
await using postgres = await startPostgres();
await using cluster = await startCluster(postgres.url);
const samples = await measure();
report(samples);

async function measure(): Promise<Sample[]> {
  stallStreams(cluster);
  const userId = await createOwner(cluster);
  const measured = new AbortController();
  const load = applyLoad(cluster, userId, measured.signal);
  const times: Sample[] = [];
  for (let i = 0; i < revocations; i++) {
    const fault = faults.get(i) ?? "none";
    const felt = await revokeDuring(fault, i, userId);
    times.push(...felt.map((time) => ({ ...time, fault })));
  }
  measured.abort();
  await load;
  return times;
}

/**
 * Makes a key and revokes it. Gateways stay with the coderd that they went over
 * to: those who lose the first listen to the second, which is then the one to freeze.
 */
async function revokeDuring(fault: Fault, i: number, userId: string): Promise<RevocationTimes[]> {
  const [first, second] = cluster.coderds;
  const key = await warmKey(cluster, first.owner, userId);
  if (fault === "none") return key.revoke((i % 2 === 0 ? first : second).owner);
  if (fault === "killed") {
    await first.process.kill();
    const times = await key.revoke(second.owner);
    await first.restart();
    return times;
  }
  second.process.freeze();
  try {
    return await key.revoke(first.owner);
  } finally {
    second.process.thaw();
  }
}

/** Has every gateway answer requests of a key that lives, at a steady rate, until `signal` aborts. */
async function applyLoad(
  { coderds, gateways }: Cluster,
  userId: string,
  signal: AbortSignal,
): Promise<void> {
  const { key } = await coderds[0].owner.apiKeys.createApiKey({ userId });
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    for (const { gatewayUrl } of gateways) {
      const request = ask(gatewayUrl, "messages", bearer(key)).then(
        () => void running.delete(request),
        () => void running.delete(request),
      );
      running.add(request);
    }
    await sleep(1_000 / loadPerSecond, undefined, { signal }).catch(() => {});
  }
  await Promise.all(running);
}

function report(all: readonly Sample[]): void {
  const of = (fault: Fault) => all.filter((sample) => sample.fault === fault);
  const later = ({ refusedMs, cutMs }: Sample) => Math.max(refusedMs, cutMs);
  const judged: readonly (readonly [string, readonly number[]])[] = [
    ["from the RPC's return to refusal", all.map(({ refusedMs }) => refusedMs)],
    ["from the RPC's return to the cut of the stream", all.map(({ cutMs }) => cutMs)],
    // The RPC waits for gateways that watch: this is what counts that, and the commit.
    ["from the RPC's call to both", all.map(({ sinceCallMs }) => sinceCallMs)],
  ];
  const shown: typeof judged = [
    ["from the return to both, with all well", of("none").map(later)],
    ["the same, right after a coderd was killed", of("killed").map(later)],
    ["the same, right after a coderd was frozen", of("frozen").map(later)],
  ];
  const line = ([what, values]: (typeof judged)[number]) =>
    `| ${[what, values.length, ...[0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1))].join(" | ")} |\n`;
  process.stdout.write(
    `| ${revocations} revocations, 3 gateways, ${3 * loadPerSecond} other requests a second | n | p50 ms | p99 ms | max ms |\n` +
      `|---|---:|---:|---:|---:|\n${[...judged, ...shown].map(line).join("")}`,
  );
  const isGood = judged.every(
    ([, values]) => quantile(values, 0.99) < p99MsMax && quantile(values, 1) <= msMax,
  );
  if (isGood) return;
  process.stderr.write(`p99 must be under ${p99MsMax} ms, and nothing over ${msMax} ms.\n`);
  process.exitCode = 1;
}
