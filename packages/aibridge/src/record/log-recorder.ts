import type { Log } from "../log.ts";
import type { Recorder } from "./recorder.ts";

/** A recorder whose record is the log: that things happened, not what was said. Nothing outlives it. */
export function createLogRecorder(log: Log): Recorder {
  return {
    started: async ({ interceptionId, started }) =>
      log.debug({ interceptionId, ...started }, "interception started"),
    record(event) {
      const { interceptionId, kind } = event;
      if (event.kind === "ended") {
        log.debug({ interceptionId, ...event.ended }, "interception ended");
      } else {
        log.debug({ interceptionId, kind }, "interception event");
      }
    },
    close: async () => {},
  };
}
