import { expect, test } from "@jest/globals";
import { Alarm } from "./alarm.ts";

const never = new AbortController().signal;
const longMs = 600_000;

test("wakes who waits, and who comes to wait after it rang, once", async () => {
  const alarm = new Alarm();
  const waiting = alarm.wait(longMs, never);
  alarm.ring();
  await waiting;
  alarm.ring();
  alarm.ring();
  await alarm.wait(longMs, never);
  const again = alarm.wait(longMs, never).then(() => "rang");
  expect(await Promise.race([again, alarmAfter(1)])).toBe("nothing");
  alarm.ring();
  expect(await again).toBe("rang");
});

test("a wait ends by its time and by its signal", async () => {
  await new Alarm().wait(1, never);
  const leaving = new AbortController();
  const waiting = new Alarm().wait(longMs, leaving.signal);
  leaving.abort();
  await waiting;
  await new Alarm().wait(longMs, leaving.signal);
});

async function alarmAfter(ms: number): Promise<string> {
  await new Alarm().wait(ms, never);
  return "nothing";
}
