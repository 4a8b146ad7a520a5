import { noTelemetry } from "./no-telemetry.ts";
import type { RequestTelemetry, Telemetry } from "./telemetry.ts";

/** One that tells all of these, in order. Of one it is that one itself: no call is added. */
export function combineTelemetry(...all: readonly Telemetry[]): Telemetry {
  const [first = noTelemetry, ...others] = all;
  return others.reduce(both, first);
}

function both(a: Telemetry, b: Telemetry): Telemetry {
  return {
    requestStarted: (start) => bothOf(a.requestStarted(start), b.requestStarted(start)),
    spoolChanged(stats) {
      a.spoolChanged(stats);
      b.spoolChanged(stats);
    },
    eventsRecorded(lagMs) {
      a.eventsRecorded(lagMs);
      b.eventsRecorded(lagMs);
    },
    eventsDropped(events) {
      a.eventsDropped(events);
      b.eventsDropped(events);
    },
  };
}

function bothOf(a: RequestTelemetry, b: RequestTelemetry): RequestTelemetry {
  return {
    routed(route) {
      a.routed(route);
      b.routed(route);
    },
    interceptionStarted(interception) {
      a.interceptionStarted(interception);
      b.interceptionStarted(interception);
    },
    propagate(upstreamHeaders) {
      a.propagate(upstreamHeaders);
      b.propagate(upstreamHeaders);
    },
    upstreamResponded(status) {
      a.upstreamResponded(status);
      b.upstreamResponded(status);
    },
    firstByte(timing) {
      a.firstByte(timing);
      b.firstByte(timing);
    },
    chunk(gapMs) {
      a.chunk(gapMs);
      b.chunk(gapMs);
    },
    tokens(usage) {
      a.tokens(usage);
      b.tokens(usage);
    },
    interceptionEnded(end) {
      a.interceptionEnded(end);
      b.interceptionEnded(end);
    },
    ended(status, cut) {
      a.ended(status, cut);
      b.ended(status, cut);
    },
  };
}
