import { createLogger } from "@aibridge/runtime";
import { expect, jest, test } from "@jest/globals";
import { keepRecord } from "./keep-record.ts";
import { openEmbeddedStore } from "./store/open-embedded.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

test("days past retention go by themselves, as the clock goes on", async () => {
  await using store = await openEmbeddedStore();
  const { promise: dropped, resolve } = Promise.withResolvers<string>();
  const write = (line: string) => {
    if (line.includes("past retention")) resolve(line);
  };
  const log = createLogger({ name: "coderd", level: "info", destination: { write } });
  let time = new Date("2030-01-01T12:00:00.000Z");
  const now = () => time;
  {
    await using _ = keepRecord({ store, now, log, retentionDays: 60 }, 1);
  }
  time = new Date("2030-03-03T12:00:00.000Z");
  await using _ = keepRecord({ store, now, log, retentionDays: 60 }, 1);
  expect(await dropped).toContain('"days":["20300101"]');
});
