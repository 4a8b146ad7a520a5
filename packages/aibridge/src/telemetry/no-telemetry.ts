import type { RequestTelemetry, Telemetry } from "./telemetry.ts";

const nothing = () => {};

const untold: RequestTelemetry = {
  routed: nothing,
  interceptionStarted: nothing,
  propagate: nothing,
  upstreamResponded: nothing,
  firstByte: nothing,
  chunk: nothing,
  tokens: nothing,
  interceptionEnded: nothing,
  ended: nothing,
};

/** Listens to nothing: every request gets the same object, so nothing is allocated. */
export const noTelemetry: Telemetry = {
  requestStarted: () => untold,
  spoolChanged: nothing,
  eventsRecorded: nothing,
  eventsDropped: nothing,
};
