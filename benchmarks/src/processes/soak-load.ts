import { Pool } from "undici";
import { announce } from "../announce.ts";
import { arrivals } from "../open-loop/arrivals.ts";
import { runOpenLoop } from "../open-loop/run-open-loop.ts";
import { ask, type BenchRequest, createRequest } from "../request.ts";
import type { SoakJob, SoakMinute } from "../soak/job.ts";
import { kindAt, type TrafficName, traffic } from "../soak/traffic.ts";
import { Tally } from "../tally.ts";

/**
 * Mixed traffic for some minutes, in an open loop. Takes a `SoakJob` as its
 * argument, and prints a `SoakMinute` after each minute.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as SoakJob;
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1, allowH2: false });
/** Ten and 22 characters, as a key has. */
const stranger = `strangerid-${"x".repeat(22)}`;
const left = "the client left";

const names = Object.keys(traffic) as TrafficName[];
const requests = new Map<TrafficName, BenchRequest>(
  names.map((name) => {
    const apiKey = traffic[name].ends === "refused" ? stranger : job.apiKey;
    return [name, createRequest({ ...traffic[name], path: job.path, apiKey })];
  }),
);

async function send(name: TrafficName, onSent: () => void): Promise<string> {
  const request = requests.get(name);
  if (request === undefined) return `no request ${name}`;
  const { ends } = traffic[name];
  const outcome = await ask(pool, request, {
    onSent,
    onChunk: (_, controller) => {
      if (ends === "cut") controller.abort(new Error(left));
    },
  });
  // 429 is for an address that asked with too many wrong keys.
  const expected = { served: [200], cut: [left], refused: [403, 429] }[ends] as readonly unknown[];
  return expected.includes(outcome) ? ends : `${name}: ${outcome}`;
}

async function runMinute(): Promise<SoakMinute> {
  const outcomes = new Tally();
  const figures = await runOpenLoop({
    due: arrivals("poisson", job.perSecond),
    durationMs: 60_000,
    waitingMax: job.perSecond * 10,
    send: async (onSent) => outcomes.add(await send(kindAt(Math.random()), onSent)),
  });
  const { served = 0, cut = 0, refused = 0, ...unexpected } = outcomes.all();
  return { ...figures, served, cut, refused, unexpected };
}

for (let minute = 0; minute < job.minutes; minute += 1) {
  announce(await runMinute());
}
await pool.close();
