import { expect, test } from "@jest/globals";
import { combineTelemetry } from "./combine-telemetry.ts";
import { noTelemetry } from "./no-telemetry.ts";
import type { RequestTelemetry, Telemetry } from "./telemetry.ts";

/** Writes down every call as `<name>.<method>`. */
function listener(name: string, calls: string[]): Telemetry {
  const note = (method: string) => () => void calls.push(`${name}.${method}`);
  const request: RequestTelemetry = {
    routed: note("routed"),
    interceptionStarted: note("interceptionStarted"),
    propagate: note("propagate"),
    upstreamResponded: note("upstreamResponded"),
    firstByte: note("firstByte"),
    chunk: note("chunk"),
    tokens: note("tokens"),
    interceptionEnded: note("interceptionEnded"),
    ended: note("ended"),
  };
  return {
    requestStarted: () => request,
    spoolChanged: note("spoolChanged"),
    eventsRecorded: note("eventsRecorded"),
    eventsDropped: note("eventsDropped"),
  };
}

const start = { method: "POST", path: "/", headers: [], requestId: "r" };

test("no telemetry makes nothing for a request", () => {
  expect(noTelemetry.requestStarted(start)).toBe(noTelemetry.requestStarted(start));
  expect(combineTelemetry()).toBe(noTelemetry);
});

test("one listener is told directly", () => {
  const only = listener("a", []);
  expect(combineTelemetry(only)).toBe(only);
});

test("of several listeners each is told everything, in order", () => {
  const calls: string[] = [];
  const told = combineTelemetry(...["a", "b", "c"].map((name) => listener(name, calls)));
  const request = told.requestStarted(start);
  request.routed({ providerName: "p", route: "messages" });
  request.propagate([]);
  request.upstreamResponded(200);
  request.firstByte({ timeToFirstByteMs: 1, gatewayOverheadMs: 1 });
  request.chunk(1);
  request.interceptionEnded({ status: "completed", errorType: undefined });
  request.ended(200);
  told.spoolChanged({ events: 0, bytes: 0, oldestAgeMs: 0 });
  told.eventsRecorded(1);
  told.eventsDropped(1);
  expect(calls).toEqual(
    [
      ...["routed", "propagate", "upstreamResponded", "firstByte", "chunk", "interceptionEnded"],
      ...["ended", "spoolChanged", "eventsRecorded", "eventsDropped"],
    ].flatMap((method) => [`a.${method}`, `b.${method}`, `c.${method}`]),
  );
});
