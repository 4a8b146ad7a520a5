import type { LeftEvent } from "@aibridge/aibridge";
import { expect, test } from "@jest/globals";
import { createUntaken } from "./untaken.ts";

const event = (text: string): LeftEvent => ({ kind: "other", bytes: Buffer.from(text) });

// proves: record.killed.every-request, record.killed.every-usage
test("the answer to a start takes that start and all before it, and nothing after it", () => {
  const untaken = createUntaken(1_000);
  const sent = ["start 0", "prompt 0", "start 1", "end 0", "start 2"].map(event);
  for (const [at, one] of sent.entries()) {
    untaken.add(one, [0, undefined, 1, undefined, 2][at]);
  }
  expect(untaken.all()).toEqual(sent);
  untaken.taken(1);
  expect(untaken.all()).toEqual(sent.slice(3));
  // A refusal is told at once, and may overtake what was durable before.
  untaken.taken(0);
  expect(untaken.all()).toEqual(sent.slice(3));
  untaken.taken(2);
  expect(untaken.all()).toEqual([]);
});

test("of more bytes than the bound the oldest go", () => {
  const untaken = createUntaken(10);
  const sent = ["aaaa", "bbbb", "cccc"].map(event);
  for (const one of sent) untaken.add(one, undefined);
  expect(untaken.all()).toEqual(sent.slice(1));
});
