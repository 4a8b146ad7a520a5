import { getEventListeners } from "node:events";
import { expect, test } from "@jest/globals";
import { aborted, deadline } from "./abort.ts";

test("aborted resolves when the signal is aborted, also if it was before", async () => {
  const controller = new AbortController();
  const waiting = aborted(controller.signal);
  controller.abort();
  await waiting;
  await aborted(controller.signal);
});

test("a deadline passes with a TimeoutError", async () => {
  using cut = deadline(1);
  await aborted(cut.signal);
  expect(cut.signal.reason).toMatchObject({ name: "TimeoutError" });
});

test("a deadline follows its signals with their reason, also one aborted before", () => {
  const controller = new AbortController();
  using cut = deadline(60_000, controller.signal);
  controller.abort("second signal");
  expect(cut.signal.reason).toBe("second signal");
  using late = deadline(60_000, controller.signal);
  expect(late.signal.reason).toBe("second signal");
});

test("a disposed deadline leaves no listener", () => {
  const controller = new AbortController();
  const disposed = deadline(60_000, controller.signal);
  disposed[Symbol.dispose]();
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});
