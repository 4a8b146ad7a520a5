import { expect, test } from "@jest/globals";
import { arrivals } from "./arrivals.ts";
import { runOpenLoop } from "./run-open-loop.ts";

test("whoever stalls once delays all that were due meanwhile, and the figures show it", async () => {
  // One at a time, as over one connection. The first takes until the last is due, the others no time.
  const stall = Promise.withResolvers<void>();
  let previous: Promise<unknown> = stall.promise;
  let asked = 0;
  const figures = await runOpenLoop({
    due: arrivals("constant", 1_000),
    durationMs: 100,
    waitingMax: 1_000,
    send(onSent) {
      asked += 1;
      if (asked === 100) stall.resolve();
      previous = previous.then(onSent);
      return previous;
    },
  });
  // 100 requests were due while it stalled, evenly: half of them waited 50 ms or more.
  expect(figures).toMatchObject({ sent: 100, unsent: 0 });
  expect(figures.p50Us).toBeGreaterThan(40_000);
  expect(figures.p99Us).toBeGreaterThan(90_000);
  expect(figures.late).toBeGreaterThan(80);
});

test("requests are sent when they are due although none is answered", async () => {
  const answers: (() => void)[] = [];
  const loop = runOpenLoop({
    due: arrivals("constant", 500),
    durationMs: 20,
    waitingMax: 1_000,
    send(onSent) {
      onSent();
      return new Promise<void>((resolve) => {
        answers.push(resolve);
        if (answers.length === 10) for (const answer of answers) answer();
      });
    },
  });
  expect(await loop).toMatchObject({ sent: 10, unsent: 0 });
});

test("past the bound requests are given up, and counted", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const loop = runOpenLoop({
    due: [0, 0, 0, 0, 0, 1_000][Symbol.iterator]() as Iterator<number, never>,
    durationMs: 10,
    waitingMax: 2,
    send: (onSent) => {
      onSent();
      return promise;
    },
  });
  resolve();
  expect(await loop).toMatchObject({ sent: 2, unsent: 3 });
});
