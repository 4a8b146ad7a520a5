import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { openSpoolRecorder, type Ship } from "@aibridge/aibridge";
import { createLogger, createMetrics, listenAdmin } from "@aibridge/runtime";
import { expect, test } from "@jest/globals";
import { createMetricsTelemetry } from "../telemetry/metrics-telemetry.ts";
import { eventCodec } from "./event-codec.ts";
import { endedEvent, startedEvent } from "./test-events.ts";
import { checkSpool } from "./watch-spool.ts";

/** The record of a gateway as its admin port shows it, with room for three interceptions. */
async function startRecord(ship: Ship) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "spool-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const log = createLogger({ name: "test", level: "silent" });
  const metrics = createMetrics();
  const recorder = await openSpoolRecorder({
    folder,
    bytesMax: 3 * 16_384 + 8_192,
    codec: eventCodec,
    ship,
    onShipped: createMetricsTelemetry(metrics).eventsRecorded,
    log,
  });
  stack.defer(() => recorder.close());
  const admin = stack.use(
    await listenAdmin({
      listen: { host: "127.0.0.1", port: 0 },
      metrics,
      ready: () => ({ spool: checkSpool(recorder) }),
      log,
    }),
  );
  const opened = stack.move();
  return { recorder, url: admin.url, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

// proves: admin.ready.spool
test("/readyz is 503 and says why while the spool is full, and 200 when there is room again", async () => {
  const away = Promise.withResolvers<void>();
  await using record = await startRecord(async () => {
    await away.promise;
    return { rejected: [] };
  });
  const { recorder, url } = record;
  const ready = async () => {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, body: await response.json() };
  };
  expect(await ready()).toEqual({
    status: 200,
    body: { ready: true, checks: { spool: { ok: true } } },
  });

  const admitted = Array.from({ length: 3 }, () => startedEvent());
  for (const event of admitted) await recorder.started(event);
  await expect(recorder.started(startedEvent())).rejects.toThrow("spool is full");
  const why = "the spool is full: coderd takes the record too slowly, or not at all";
  expect(await ready()).toEqual({
    status: 503,
    body: { ready: false, checks: { spool: { ok: false, why } } },
  });

  for (const { interceptionId } of admitted) recorder.record(endedEvent(interceptionId));
  away.resolve();
  while (recorder.stats().problem) await setImmediate();
  expect(await ready()).toEqual({
    status: 200,
    body: { ready: true, checks: { spool: { ok: true } } },
  });
});

// proves: admin.ready.spool
test("a spool whose disk fails is not ready", () => {
  const stats = { ...emptyStats, problem: "failing" } as const;
  expect(checkSpool({ stats: () => stats })).toEqual({
    ok: false,
    why: "the spool can't be written: see to its disk",
  });
});

// proves: metrics.recorder-lag
test("the lag of each event that coderd took is measured, of none before", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using record = await startRecord(async () => {
    asked.resolve();
    await answer.promise;
    return { rejected: [] };
  });
  const { recorder, url } = record;
  const counted = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return /^aibridge_recorder_lag_seconds_count (\d+)$/m.exec(text)?.[1];
  };
  const event = startedEvent();
  await recorder.started(event);
  await asked.promise;
  expect(await counted()).toBe("0");
  answer.resolve();
  recorder.record(endedEvent(event.interceptionId));
  while (recorder.stats().shipped < 2) await setImmediate();
  expect(await counted()).toBe("2");
});

const emptyStats = {
  events: 0,
  bytes: 0,
  oldestAgeMs: 0,
  commits: 0,
  refused: 0,
  drops: 0,
  shipped: 0,
  rejected: 0,
  isAnswered: true,
};
