import { noTelemetry, type Recorder, type Telemetry } from "@aibridge/aibridge";
import { distributionOf } from "../distribution.ts";
import type { FirstBytes } from "../recording.ts";

/** When the two things happened that a first byte waits for, by `performance.now`. */
interface Waits {
  durableAt: number | undefined;
  firstByteAt: number | undefined;
}

/** Looks on as a gateway works, and tells by how much its recorder delays first bytes. */
export function watchFirstBytes(inner: Recorder): {
  readonly recorder: Recorder;
  readonly telemetry: Telemetry;
  /** Of the requests that ended since the last report. */
  report(): FirstBytes;
} {
  const open = new Map<string, Waits>();
  let durableMs: number[] = [];
  let addedMs: number[] = [];

  const recorder: Recorder = {
    ...inner,
    async started(event) {
      const startedAt = performance.now();
      await inner.started(event);
      const waits = open.get(event.interceptionId);
      if (!waits) return;
      waits.durableAt = performance.now();
      durableMs.push(waits.durableAt - startedAt);
    },
  };
  const telemetry: Telemetry = {
    ...noTelemetry,
    requestStarted(start) {
      const waits: Waits = { durableAt: undefined, firstByteAt: undefined };
      let id = "";
      return {
        ...noTelemetry.requestStarted(start),
        interceptionStarted({ interceptionId }) {
          id = interceptionId;
          open.set(id, waits);
        },
        upstreamResponded() {
          waits.firstByteAt = performance.now();
        },
        ended() {
          open.delete(id);
          const { durableAt, firstByteAt } = waits;
          if (durableAt === undefined || firstByteAt === undefined) return;
          addedMs.push(Math.max(0, durableAt - firstByteAt));
        },
      };
    },
  };
  return {
    recorder,
    telemetry,
    report() {
      const told = { durable: distributionOf(durableMs), added: distributionOf(addedMs) };
      durableMs = [];
      addedMs = [];
      return told;
    },
  };
}
