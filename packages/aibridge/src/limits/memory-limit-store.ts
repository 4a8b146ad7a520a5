import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { Release } from "../release.ts";
import type { LimitStore, RateLimiter, SlotCounter } from "./request-limits.ts";

/** The length of a window, in seconds. */
export const windowS = 60;

/** Counts in this process: right for one gateway, and a share for one of many. */
export const memoryLimitStore: LimitStore = {
  rateLimiter: (name, perMinute) =>
    rateLimiterFrom(
      new RateLimiterMemory({ keyPrefix: name, points: perMinute, duration: windowS }),
    ),
  slotCounter: (_, slots) => createSlotCounter(slots),
};

/** One of the library's limiters, in our words. Rejects if it can't be asked. */
export function rateLimiterFrom(limiter: RateLimiterAbstract): RateLimiter {
  return {
    async consume(name) {
      try {
        await limiter.consume(name);
        return undefined;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return { retryAfterMs: refused.msBeforeNext };
        throw refused;
      }
    },
  };
}

/** A name is remembered only as long as one of its slots is taken. */
function createSlotCounter(slots: number): SlotCounter {
  const taken = new Map<string, number>();
  const release = (name: string) => {
    const left = (taken.get(name) ?? 1) - 1;
    if (left === 0) taken.delete(name);
    else taken.set(name, left);
  };
  return {
    async take(name) {
      const before = taken.get(name) ?? 0;
      if (before >= slots) return undefined;
      taken.set(name, before + 1);
      return new Release(() => release(name));
    },
  };
}
