import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Clock } from "../clock.ts";
import type { RecordEvent } from "../events.ts";
import { jsonCodec } from "../json-codec.ts";
import { openSpool } from "../spool/spool.ts";
import { createTestDisk } from "../spool/test-disk.ts";
import { endedEvent, eventFrom, memoryLog, promptEvent, startedEvent } from "../test-events.ts";
import type { SetAsideEvent } from "./set-aside.ts";
import { BatchRefusedError, type Ship, startShipper } from "./shipper.ts";

/** A spool being shipped by `ship`, in a time that passes by itself unless it sleeps otherwise. */
async function startScene(ship: Ship, disk = createTestDisk(), sleep?: Clock["sleep"]) {
  const { log, lines } = memoryLog();
  const spool = await openSpool({ folder: disk.folder, log });
  const [waits, lags]: [number[], number[]] = [[], []];
  const passing = async (ms: number) => void waits.push(ms);
  const clock: Clock = { now: () => 5_000, sleep: sleep ?? passing };
  const aside: SetAsideEvent[] = [];
  const setAside = { add: async (events: readonly SetAsideEvent[]) => void aside.push(...events) };
  const stop = new AbortController();
  const source = {
    next: spool.next,
    async acknowledge(...[batch]: Parameters<typeof spool.acknowledge>) {
      await spool.acknowledge(batch);
      if (spool.stats().events === 0) empty.resolve();
    },
  };
  const empty = Promise.withResolvers<void>();
  const start = () =>
    startShipper(
      {
        source,
        ship,
        setAside,
        codec: jsonCodec,
        onTaken: (lagMs) => lags.push(lagMs),
        clock,
        log,
      },
      stop.signal,
    );
  return { spool, start, waits, lags, aside, lines, stop, empty: empty.promise };
}

test("events arrive in order, and are forgotten", async () => {
  const took: string[] = [];
  const scene = await startScene(async (events) => {
    took.push(...events.map(({ interceptionId }) => interceptionId));
    return { rejected: [] };
  });
  const ids = Array.from({ length: 1_200 }, (_, index) => String(index));
  for (const id of ids) scene.spool.record(promptEvent(id));
  await scene.spool.seal();
  const shipper = scene.start();
  await scene.empty;
  expect(took).toEqual(ids);
  expect(shipper.stats()).toMatchObject({ shipped: 1_200, rejected: 0, drops: 0 });
  scene.stop.abort();
  await shipper.stopped;
  await scene.spool.close();
});

test("when it has shipped all there was it rests for 200 ms, unless it is to hurry", async () => {
  const resting = Promise.withResolvers<number>();
  const untilAborted = (ms: number, signal: AbortSignal) => {
    resting.resolve(ms);
    return new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    });
  };
  const took: string[][] = [];
  const tookAll = Promise.withResolvers<void>();
  const ship: Ship = async (events) => {
    took.push(events.map(({ interceptionId }) => interceptionId));
    if (took.flat().length === 4) tookAll.resolve();
    return { rejected: [] };
  };
  const scene = await startScene(ship, createTestDisk(), untilAborted);
  const shipper = scene.start();
  await scene.spool.started(startedEvent("a"));
  expect(await resting.promise).toBe(200);
  await scene.spool.started(startedEvent("b"));
  expect(took).toEqual([["a"]]);
  scene.spool.record(endedEvent("a"));
  scene.spool.record(endedEvent("b"));
  await scene.spool.seal();
  shipper.hurry();
  await tookAll.promise;
  expect(took).toEqual([["a"], ["b", "a", "b"]]);
  scene.stop.abort();
  await shipper.stopped;
});

test("while nobody answers it waits from 100 ms to 5 s, and says so once", async () => {
  let attempts = 0;
  const scene = await startScene(async () => {
    attempts += 1;
    if (attempts <= 9) throw new Error("unavailable");
    return { rejected: [] };
  });
  scene.spool.record(promptEvent("a"));
  await scene.spool.seal();
  const shipper = scene.start();
  await scene.empty;
  expect(scene.waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  expect(scene.lines).toEqual(["warn record can't be shipped", "info record is shipped again"]);
  scene.stop.abort();
  await shipper.stopped;
  await scene.spool.close();
});

test("a rejected event is set aside with its reason, and the others count as shipped", async () => {
  const scene = await startScene(async (events) => ({
    rejected: events
      .filter(({ interceptionId }) => interceptionId === "bad")
      .map(({ id }) => ({ id, reason: "malformed" })),
  }));
  for (const id of ["a", "bad", "b"]) scene.spool.record(promptEvent(id));
  await scene.spool.seal();
  const shipper = scene.start();
  await scene.empty;
  expect(scene.aside).toMatchObject([{ event: { interceptionId: "bad" }, reason: "malformed" }]);
  // Prompts happen at 2,000, and it is 5,000.
  expect(scene.lags).toEqual([3_000]);
  expect(shipper.stats()).toMatchObject({ shipped: 2, rejected: 1, drops: 0 });
  expect(scene.lines).toEqual(["error record event rejected"]);
  scene.stop.abort();
  await shipper.stopped;
  await scene.spool.close();
});

test("one poisonous event in a refused batch is found and set aside; the rest arrives in order", async () => {
  const took: string[] = [];
  const scene = await startScene(async (events) => {
    if (events.some(({ interceptionId }) => interceptionId === "77")) {
      throw new BatchRefusedError("poison");
    }
    took.push(...events.map(({ interceptionId }) => interceptionId));
    return { rejected: [] };
  });
  const ids = Array.from({ length: 100 }, (_, index) => String(index));
  for (const id of ids) scene.spool.record(promptEvent(id));
  await scene.spool.seal();
  const shipper = scene.start();
  await scene.empty;
  expect(took).toEqual(ids.filter((id) => id !== "77"));
  expect(scene.aside).toMatchObject([{ event: { interceptionId: "77" }, reason: "poison" }]);
  scene.stop.abort();
  await shipper.stopped;
  await scene.spool.close();
});

test("a batch whose acknowledgement was lost is sent again, after a restart too", async () => {
  const disk = createTestDisk();
  const sent: string[][] = [];
  const lost = Promise.withResolvers<void>();
  const first = await startScene(async (events) => {
    sent.push(events.map(({ id }) => id));
    lost.resolve();
    return new Promise(() => {});
  }, disk);
  const event = promptEvent("a");
  first.spool.record(event);
  await first.spool.seal();
  first.start();
  await lost.promise;
  disk.crash(0);
  const second = await startScene(async (events) => {
    sent.push(events.map(({ id }) => id));
    return { rejected: [] };
  }, disk);
  const shipper = second.start();
  await second.empty;
  expect(sent).toEqual([[event.id], [event.id]]);
  second.stop.abort();
  await shipper.stopped;
});

const step = fc.record({
  events: fc.integer({ min: 1, max: 5 }),
  ends: fc.boolean(),
  diskFails: fc.boolean(),
  crash: fc.boolean(),
  keep: fc.double({ min: 0, max: 1, noNaN: true }),
  answers: fc.array(fc.constantFrom("taken", "lost", "unavailable"), { maxLength: 4 }),
});

test("whatever fails, each durable start arrives with exactly one end, and no event is lost or counted twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const store = new Map<string, RecordEvent>();
      const durable = new Set<string>();
      const disk = createTestDisk();
      let answers: readonly string[] = [];
      const ship: Ship = async (events) => {
        const [answer = "taken", ...rest] = answers;
        answers = rest;
        if (answer !== "unavailable")
          for (const event of events) store.set(event.id, eventFrom(event));
        if (answer !== "taken") throw new Error(answer);
        return { rejected: [] };
      };
      let scene = await startScene(ship, disk);
      let shipper = scene.start();
      const restart = async () => {
        scene.stop.abort();
        await shipper.stopped;
        scene = await startScene(ship, disk);
        shipper = scene.start();
      };
      for (const [index, { events, ends, diskFails, crash, keep, ...rest }] of steps.entries()) {
        answers = rest.answers;
        for (let count = 0; count < events; count += 1) {
          const id = `${index}-${count}`;
          if (diskFails && count === 1) {
            disk.fault = (operation) => {
              if (operation === "sync") throw new Error("disk fails");
            };
          }
          const isIn = await scene.spool.started(startedEvent(id)).then(
            () => true,
            () => false,
          );
          if (isIn) durable.add(id);
          if (isIn && ends) scene.spool.record(endedEvent(id));
          disk.fault = () => {};
        }
        if (crash) {
          disk.crash(keep);
          await restart();
        }
      }
      answers = [];
      await scene.spool.seal();
      await restart();
      await scene.spool.seal();
      if (scene.spool.stats().events > 0) await scene.empty;
      scene.stop.abort();
      await shipper.stopped;
      for (const kind of ["started", "ended"]) {
        const ids = [...store.values()].filter((event) => event.kind === kind);
        expect(ids.map(({ interceptionId }) => interceptionId).sort()).toEqual([...durable].sort());
      }
      expect(scene.spool.stats().drops).toBe(0);
    }),
    { numRuns: 60 },
  );
});
