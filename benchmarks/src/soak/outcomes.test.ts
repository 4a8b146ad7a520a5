import { expect, test } from "@jest/globals";
import type { SoakMinute } from "./job.ts";
import { lostFrom, unexpectedOf } from "./outcomes.ts";

function minute(counts: Partial<SoakMinute>): SoakMinute {
  const figures = { p50Us: 1, p99Us: 1, p999Us: 1, maxUs: 1, sentAfterP50Us: 1, late: 0 };
  return {
    ...figures,
    unsent: 0,
    sent: 0,
    served: 0,
    cut: 0,
    refused: 0,
    unexpected: {},
    ...counts,
  };
}

const minutes = [minute({ served: 5, cut: 1, refused: 2 }), minute({ served: 4 })];

function recordOf(rows: Readonly<Record<string, number>>) {
  return { grewBy: async () => {}, byStatus: async () => rows };
}

test("what was served and cut is on record, what was refused is not", async () => {
  expect(await lostFrom(recordOf({ completed: 9, cancelled: 1 }), minutes)).toEqual([]);
});

test("a request that is on record with another status is told", async () => {
  expect(await lostFrom(recordOf({ completed: 8, cancelled: 2 }), minutes)).toEqual([
    "9 requests were served and 1 cut, on record are 8 completed and 2 cancelled",
  ]);
});

test("a record that never gets complete is told", async () => {
  const record = { grewBy: () => Promise.reject(new Error("9 of 10")), byStatus: async () => ({}) };
  expect(await lostFrom(record, minutes)).toEqual(["the record is not complete: 9 of 10"]);
});

test("what went wrong is added up over all minutes", () => {
  const bad = [
    minute({ unexpected: { "short: 503": 1 }, unsent: 2 }),
    minute({ unexpected: { "short: 503": 3, "long: 500": 1 } }),
  ];
  expect(unexpectedOf(bad)).toEqual([
    "4 times short: 503",
    "2 times not sent",
    "1 times long: 500",
  ]);
  expect(unexpectedOf(minutes)).toEqual([]);
});
