import { Pool } from "undici";
import { announce } from "../announce.ts";
import { arrivals } from "../open-loop/arrivals.ts";
import type { OpenLoadJob, OpenLoadResult } from "../open-loop/job.ts";
import { type OpenLoopFigures, runOpenLoop } from "../open-loop/run-open-loop.ts";
import { ask, createRequest } from "../request.ts";
import { Tally } from "../tally.ts";

/**
 * Open-loop load: requests are sent when they are due. Takes an `OpenLoadJob`
 * as its argument, prints a line when it is warm, then an `OpenLoadResult`.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as OpenLoadJob;
const pool = new Pool(job.url, { connections: job.connections, pipelining: 1, allowH2: false });
const request = createRequest({ ...job, mode: "blocking" });
const outcomes = new Tally();

function run(durationMs: number): Promise<OpenLoopFigures> {
  return runOpenLoop({
    due: arrivals(job.arrivals, job.perSecond),
    durationMs,
    // Ten seconds' worth: whoever is that far behind can't do it.
    waitingMax: Math.ceil(job.perSecond * 10),
    send: async (onSent) => outcomes.add(await ask(pool, request, { onSent })),
  });
}

const warm = await run(job.warmupMs);
announce({ warm: true });
const figures = await run(job.durationMs);
const result: OpenLoadResult = {
  ...figures,
  asked: warm.sent + figures.sent,
  failures: outcomes.except(200),
};
announce(result);
await pool.close();
