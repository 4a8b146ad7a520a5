import type { Metrics } from "@aibridge/runtime";
import { Counter, Gauge, Histogram } from "prom-client";

/** In seconds: an answer's first byte takes from milliseconds to minutes. */
const firstByteBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** In seconds: the gateway's own share is to be far below a millisecond. */
const overheadBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1,
];
/** In seconds: tokens come every few milliseconds, until a stream stalls. */
const chunkBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300];
/** In seconds: soon, unless coderd is away. */
const lagBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300, 3_600];

/** Every metric of the gateway, registered. One call for each registry. */
export function createInstruments(metrics: Metrics) {
  const registers = [metrics];
  return {
    requests: new Counter({
      name: "aibridge_requests_total",
      help: "Requests that ended, by what was answered.",
      labelNames: ["provider", "route", "status_class"] as const,
      registers,
    }),
    cuts: new Counter({
      name: "aibridge_requests_cut_total",
      help: "Requests, streams among them, that the gateway ended while they ran, by why.",
      labelNames: ["reason"] as const,
      registers,
    }),
    tokens: new Counter({
      name: "aibridge_tokens_total",
      help: "Tokens, as providers report them: input without what a cache read or wrote.",
      labelNames: ["provider", "model", "type"] as const,
      registers,
    }),
    timeToFirstByte: new Histogram({
      name: "aibridge_time_to_first_byte_seconds",
      help: "From a request's arrival to the first byte of its answer.",
      labelNames: ["provider", "route"] as const,
      buckets: firstByteBuckets,
      registers,
    }),
    gatewayOverhead: new Histogram({
      name: "aibridge_gateway_overhead_seconds",
      help: "What the gateway itself took of the time to first byte.",
      labelNames: ["provider", "route"] as const,
      buckets: overheadBuckets,
      registers,
    }),
    interChunk: new Histogram({
      name: "aibridge_inter_chunk_seconds",
      help: "Between two chunks of an answer.",
      labelNames: ["provider"] as const,
      buckets: chunkBuckets,
      registers,
    }),
    upstreamResponses: new Counter({
      name: "aibridge_upstream_responses_total",
      help: "Answers of providers, by status.",
      labelNames: ["provider", "status"] as const,
      registers,
    }),
    interceptions: new Counter({
      name: "aibridge_interceptions_total",
      help: "Interceptions that ended, by how.",
      labelNames: ["status"] as const,
      registers,
    }),
    spoolEvents: new Gauge({
      name: "aibridge_spool_events",
      help: "Events that wait in the spool.",
      registers,
    }),
    spoolBytes: new Gauge({
      name: "aibridge_spool_bytes",
      help: "Bytes that wait in the spool.",
      registers,
    }),
    spoolOldestAge: new Gauge({
      name: "aibridge_spool_oldest_age_seconds",
      help: "Age of the oldest event that waits in the spool; 0 if none waits.",
      registers,
    }),
    recorderLag: new Histogram({
      name: "aibridge_recorder_lag_seconds",
      help: "From the oldest event of a batch to its being durable at coderd.",
      buckets: lagBuckets,
      registers,
    }),
    recorderDrops: new Counter({
      name: "aibridge_recorder_drops_total",
      help: "Events that were lost. Must stay 0.",
      registers,
    }),
  };
}

/** See `createInstruments`. */
export type Instruments = ReturnType<typeof createInstruments>;
