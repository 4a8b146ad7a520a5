import { expect, test } from "@jest/globals";
import { recordEverything } from "../privacy/privacy-policy.ts";
import { createRedactor } from "../privacy/redactor.ts";
import type { RecordEvent } from "./events.ts";
import { InterceptionRecord } from "./interception-record.ts";

// proves: record.order
test("the ids of an interception's events are in the order in which they happened", () => {
  const events: RecordEvent[] = [];
  const recorder = {
    started: async () => {},
    record: (event: RecordEvent) => void events.push(event),
    close: async () => {},
  };
  const record = new InterceptionRecord(recorder, createRedactor(recordEverything), "anthropic");
  // So many within a millisecond, and over several.
  const texts = Array.from({ length: 1_000 }, (_, at) => String(at));
  for (const text of texts) record.prompt(text);

  const ids = events.map(({ id }) => id);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(1_000);
  const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(ids.filter((id) => !uuidV7.test(id))).toEqual([]);
});
