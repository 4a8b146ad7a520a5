import { noTelemetry, type Recorder, type Telemetry } from "@aibridge/aibridge";
import { distributionOf } from "../distribution.ts";
import type { FirstBytes } from "../recording.ts";

/** What happened to one interception, by `performance.now`. */
interface Moments {
  readonly arrivedAt: number;
  startedAt: number;
  durableAt: number;
  upstreamFirstByteAt: number;
}

/** Looks on as a gateway works, and tells how its first bytes fare. */
export function watchFirstBytes(inner: Recorder): {
  readonly recorder: Recorder;
  readonly telemetry: Telemetry;
  /** Of the requests that were answered since the last report. */
  report(): FirstBytes;
} {
  const open = new Map<string, Moments>();
  const durable: number[] = [];
  const late: number[] = [];
  const own: number[] = [];

  const recorder: Recorder = {
    ...inner,
    async started(event) {
      await inner.started(event);
      const moments = open.get(event.interceptionId);
      if (moments) moments.durableAt = performance.now();
    },
  };
  const telemetry: Telemetry = {
    ...noTelemetry,
    requestStarted(start) {
      const moments: Moments = {
        arrivedAt: performance.now(),
        startedAt: 0,
        durableAt: 0,
        upstreamFirstByteAt: 0,
      };
      let id = "";
      return {
        ...noTelemetry.requestStarted(start),
        interceptionStarted({ interceptionId }) {
          id = interceptionId;
          moments.startedAt = performance.now();
          open.set(id, moments);
        },
        upstreamResponded() {
          moments.upstreamFirstByteAt = performance.now();
        },
        firstByte({ timeToFirstByteMs, gatewayOverheadMs = Number.NaN }) {
          const { arrivedAt, startedAt, durableAt, upstreamFirstByteAt } = moments;
          durable.push(durableAt - startedAt);
          late.push(arrivedAt + timeToFirstByteMs - Math.max(upstreamFirstByteAt, durableAt));
          own.push(gatewayOverheadMs - (startedAt - arrivedAt));
        },
        ended: () => void open.delete(id),
      };
    },
  };
  return {
    recorder,
    telemetry,
    report() {
      const told = {
        durable: distributionOf(durable),
        late: distributionOf(late),
        own: distributionOf(own),
      };
      for (const values of [durable, late, own]) values.length = 0;
      return told;
    },
  };
}
