import { textSchema } from "@aibridge/runtime";

const secondsOf: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };

/** A UTC day, or a time with its offset from UTC: what else there is depends on the machine. */
const absolute = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A point in time: so long ago, a day in UTC, or a time. */
export const instant = textSchema<Date>(
  "how long ago (30m, 12h, 7d), a day such as 2026-11-23, or a time such as 2026-11-23T18:00Z",
  (text) => {
    const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
    if (count !== undefined) {
      return new Date(Date.now() - Number(count) * (secondsOf[unit] ?? 0) * 1_000);
    }
    const time = absolute.test(text) ? new Date(text) : new Date(Number.NaN);
    return Number.isNaN(time.getTime()) ? undefined : time;
  },
);
