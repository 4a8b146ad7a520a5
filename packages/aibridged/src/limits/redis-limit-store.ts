import { type LimitStore, rateLimiterFrom, windowS } from "@aibridge/aibridge";
import type { Logger } from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { createRedisSlots } from "./redis-slots.ts";

/** A Redis that takes longer is treated as one that is away. */
const answerWithinMs = 250;

export interface RedisLimitStore extends LimitStore, Disposable {
  /** Resolves when Redis was reached for the first time. Nobody has to wait for it. */
  readonly connected: Promise<void>;
}

/**
 * Counts where all gateways see it. Limits protect, they do not identify: while
 * Redis is away, each gateway counts for itself, and says so once.
 */
export function openRedisLimitStore(url: Secret, log: Logger): RedisLimitStore {
  const redis = new Redis(url.reveal(), {
    keyPrefix: "aibridge:limits:",
    connectTimeout: 5_000,
    commandTimeout: answerWithinMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    disconnectTimeout: 100,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  const slots = createRedisSlots(redis, sayOnce(redis, log));
  const connected = new Promise<void>((resolve) => redis.once("ready", resolve));
  return {
    connected,
    rateLimiter: (name, perMinute) => {
      const window = { keyPrefix: `rate:${name}`, points: perMinute, duration: windowS };
      const insuranceLimiter = new RateLimiterMemory(window);
      return rateLimiterFrom(
        new RateLimiterRedis({ ...window, storeClient: redis, insuranceLimiter }),
      );
    },
    slotCounter: slots.counter,
    [Symbol.dispose]: () => {
      slots[Symbol.dispose]();
      redis.disconnect();
    },
  };
}

/**
 * One line when Redis goes away, and one when it is back. It may be back on the
 * connection that it was away on, which was frozen: only an answer tells.
 */
function sayOnce(redis: Redis, log: Logger) {
  let isAway = false;
  const onAway = (err: unknown) => {
    if (!isAway) log.warn({ err }, "Redis does not answer: limits count by gateway");
    isAway = true;
  };
  const onAnswer = () => {
    if (isAway) log.info({}, "Redis answers: limits count over all gateways");
    isAway = false;
  };
  redis.on("error", onAway);
  redis.on("ready", onAnswer);
  return { onAway, onAnswer };
}
