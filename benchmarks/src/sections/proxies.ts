import { breakIn, measure, measureMemory, type Scenario, type Timing } from "../measure.ts";
import { absentNginx, type Cells, kilobytes, megabytes, say, table } from "../report.ts";
import { type Scene, startScene } from "../scene.ts";
import { nameOfLoad, speedHead, speedRows } from "./speed-table.ts";

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

/** The gateway, and what it is compared with, under the same loads in turn. */
export async function tellOfProxies(timing: Timing, isQuick: boolean): Promise<string> {
  await using scene = await startScene();
  await breakIn(scene.proxies, timing.breakInMs, scene.apiKey);
  const all = (scenarios: readonly Scenario[]) =>
    isQuick
      ? scenarios.filter((it) => it.bodyBytes === 40_000 && it.connections === 32)
      : scenarios;
  const speeds = [
    "At one rate for all, what a request costs and how long it takes:",
    await measureSpeed(scene, all(paced), timing),
    "As fast as each can, by number of connections. Where coderd is asked, coderd and its database on the other core are the limit:",
    await measureSpeed(scene, all(saturating), timing),
    "Resident memory, after the load above, and with 256 streams open that each had a request body of 400 KB:",
    await measureMemories(scene, isQuick),
  ];
  return [
    ...speeds,
    `After each run of the gateway, coderd had as many interceptions on record as were asked for, each with a start and an end: ${scene.record.total} in all.`,
  ].join("\n\n");
}

async function measureSpeed(
  scene: Scene,
  scenarios: readonly Scenario[],
  timing: Timing,
): Promise<string> {
  const rows: Cells[] = [];
  for (const scenario of scenarios) {
    const load = nameOfLoad(scenario);
    say(`measuring ${load} ...`);
    rows.push(...speedRows(load, await measure(scene, scenario, timing), "bare"));
  }
  if (!scene.proxies.some(({ name }) => name === "nginx")) {
    rows.push(["all", ...absentNginx]);
  }
  return table(["load", "proxy", ...speedHead], rows);
}

async function measureMemories(scene: Scene, isQuick: boolean): Promise<string> {
  const rows: Cells[] = [];
  for (const proxy of isQuick ? scene.proxies.slice(-1) : scene.proxies) {
    say(`opening ${openStreams.connections} streams through ${proxy.name} ...`);
    const { idle, holding } = await measureMemory(proxy, scene, openStreams);
    const perStream = (holding - idle) / openStreams.connections;
    rows.push([proxy.name, megabytes(idle), megabytes(holding), kilobytes(perStream)]);
  }
  return table(["proxy", "before MB", "256 open streams MB", "KB/stream"], rows);
}
