// Measures how long revocations take to be felt: two coderd on a PostgreSQL of
// its own, three aibridged, each key served and streaming at each of them.
//
//     npm run bench:revocation -- [revocations, 1000 unless said]

import { startPostgres } from "@aibridge/testing/postgres";
import { startCluster } from "./cluster.ts";
import {
  createOwner,
  quantile,
  type RevocationTimes,
  stallStreams,
  warmKey,
} from "./revocation-times.ts";

const revocations = Number(process.argv[2] ?? 1_000);

await using postgres = await startPostgres();
await using cluster = await startCluster(postgres.url);
stallStreams(cluster);
const userId = await createOwner(cluster);
const [first, second] = cluster.coderds;

const times: RevocationTimes[] = [];
for (let i = 0; i < revocations; i++) {
  const key = await warmKey(cluster, first.owner, userId);
  times.push(...(await key.revoke((i % 2 === 0 ? first : second).owner)));
}

const rows = [
  ["from the RPC's return to refusal", times.map(({ refusedMs }) => refusedMs)],
  ["from the RPC's return to the cut of the stream", times.map(({ cutMs }) => cutMs)],
  ["from the RPC's call to both", times.map(({ sinceCallMs }) => sinceCallMs)],
] as const;
const lines = rows.map(([what, values]) =>
  [what, ...[0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1))].join(" | "),
);
process.stdout.write(
  `| ${revocations} revocations, 3 gateways | p50 ms | p99 ms | max ms |\n|---|---:|---:|---:|\n` +
    lines.map((line) => `| ${line} |\n`).join(""),
);
