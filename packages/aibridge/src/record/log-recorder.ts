import type { Log } from "../log.ts";
import type { Recorder } from "./recorder.ts";

/** A recorder whose record is the log: nothing outlives it. */
export function createLogRecorder(log: Log): Recorder {
  return {
    started: async (start) => log.debug({ ...start }, "interception started"),
    ended: (end) => log.debug({ ...end }, "interception ended"),
  };
}
