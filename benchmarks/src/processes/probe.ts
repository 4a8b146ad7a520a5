import type { Session } from "node:inspector/promises";
import { setImmediate } from "node:timers/promises";
import type { OwnMemory, ProbeAnswers, ProfiledTime } from "../probe.ts";

/**
 * Loaded before a measured program (`node --expose-gc --import`), it answers
 * what its parent asks over their channel. See `ProbeAnswers`.
 */
let session: Session | undefined;
let before = { thread: process.threadCpuUsage(), all: process.cpuUsage() };
/** Samples a second: 2,000, at which sampling itself stays under a few per cent. */
const samplingIntervalUs = 500;

function memory(): OwnMemory {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external, handles: process.getActiveResourcesInfo().length };
}

async function settledMemory(): Promise<OwnMemory> {
  // Finalizers run after a collection, and let go of what the next one finds.
  for (let round = 0; round < 2; round += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
  return memory();
}

async function startProfile(): Promise<"started"> {
  // Only now, so that who is asked for memory alone has no inspector in it.
  const inspector = await import("node:inspector/promises");
  session = new inspector.Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: samplingIntervalUs });
  await session.post("Profiler.start");
  before = { thread: process.threadCpuUsage(), all: process.cpuUsage() };
  return "started";
}

async function stopProfile(): Promise<ProfiledTime> {
  if (session === undefined) throw new Error("there is no profile to stop");
  const used = { thread: process.threadCpuUsage(before.thread), all: process.cpuUsage(before.all) };
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return {
    profile,
    mainThreadCpuUs: used.thread.user + used.thread.system,
    processCpuUs: used.all.user + used.all.system,
  };
}

const answers: { readonly [Q in keyof ProbeAnswers]: () => Promise<ProbeAnswers[Q]> } = {
  memory: async () => memory(),
  "settled memory": settledMemory,
  "start profile": startProfile,
  "stop profile": stopProfile,
};

process.on("message", async (question: keyof ProbeAnswers) => {
  process.send?.(await answers[question]());
});
// A parent that was killed has no use for a measured program.
process.once("disconnect", () => process.exit());
// To be asked is no reason to live on.
process.channel?.unref();
