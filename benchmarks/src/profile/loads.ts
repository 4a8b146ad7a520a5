import { type Hooks, loadProxy } from "../measure.ts";
import type { MeasuredProxy } from "../proxies.ts";
import { bodySize } from "../report.ts";
import { measureStreams } from "../streams/measure-streams.ts";

/** Profiles are of one of these. */
export interface ProfiledLoad {
  readonly what: string;
  /** What is counted, in the singular. */
  readonly unit: "request" | "event";
  /** Needs an upstream whose streams never end. */
  readonly keepsStreamsOpen: boolean;
  /** Resolves with how many units were served while it was profiled. */
  run(proxy: MeasuredProxy, apiKey: string, durationMs: number, hooks: Hooks): Promise<number>;
}

const warmupMs = 2_000;
/** What a gateway on one core manages with room to spare, so that nothing queues. */
const openStreams = { streams: 200, eventsPerSecond: 30 };

function asFastAsItCan(mode: "blocking" | "stream", bodyBytes: number): ProfiledLoad {
  return {
    what: `${mode}, ${bodySize(bodyBytes)}, 32 connections, as fast as it can`,
    unit: "request",
    keepsStreamsOpen: false,
    async run(proxy, apiKey, durationMs, hooks) {
      const load = { mode, bodyBytes, connections: 32, warmupMs, durationMs, apiKey };
      return (await loadProxy(proxy, { ...load, ...hooks })).answered;
    },
  };
}

/** By the names that `--load` takes. */
export const loads: Readonly<Record<string, ProfiledLoad>> = {
  small: asFastAsItCan("blocking", 200),
  large: asFastAsItCan("blocking", 40_000),
  stream: asFastAsItCan("stream", 200),
  streams: {
    what: `${openStreams.streams} open streams of ${openStreams.eventsPerSecond} events a second`,
    unit: "event",
    keepsStreamsOpen: true,
    async run(proxy, apiKey, durationMs, hooks) {
      const load = { ...openStreams, warmupMs, durationMs, apiKey };
      return (await measureStreams(proxy, { ...load, ...hooks })).events;
    },
  },
};
