import { randomUUIDv7 } from "node:crypto";
import type { RecordEvent } from "./events.ts";

/** The end of an interception whose process ended before it did, at `time`. */
export function interruptionOf(
  interceptionId: string,
  time: Date,
): Extract<RecordEvent, { kind: "ended" }> {
  return {
    id: randomUUIDv7(),
    interceptionId,
    time,
    kind: "ended",
    ended: {
      status: "interrupted",
      errorType: undefined,
      errorMessage: "the gateway stopped before the answer was complete",
      upstreamStatus: undefined,
      upstreamRequestId: "",
      timeToFirstByteMs: undefined,
      gatewayOverheadMs: undefined,
    },
  };
}
