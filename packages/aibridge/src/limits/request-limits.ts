import { Refusal } from "../refusal.ts";

/** How much one user, and one key, may ask for. What is undefined is not limited. */
export interface LimitPolicy {
  readonly requestsPerMinuteByUser: number | undefined;
  readonly requestsPerMinuteByKey: number | undefined;
  /** Requests being served at the same moment, open streams included. */
  readonly concurrentByUser: number | undefined;
  readonly concurrentByKey: number | undefined;
}

/** Whose request it is. */
interface Limited {
  readonly userId: string;
  readonly apiKeyId: string;
}

/** Keeps callers within what they may ask for. */
export interface RequestLimits {
  /**
   * Lets a request in; whoever got in disposes of the admission at its end.
   *
   * @throws Refusal 429 `rate_limited` or `too_many_requests_at_once`, with the
   *   seconds after which another attempt makes sense.
   */
  admit(who: Limited): Promise<Disposable>;
}

/** Counts requests in windows of a minute. */
export interface RateLimiter {
  /** Counts one more; resolves with when to try again if that is one too many. */
  consume(name: string): Promise<{ readonly retryAfterMs: number } | undefined>;
}

/** Counts what is going on at the same moment. */
export interface SlotCounter {
  /** Takes one of so many slots until disposed of; undefined if all are taken. */
  take(name: string): Promise<Disposable | undefined>;
}

/** Where counts are kept: in this process, or where other gateways see them. */
export interface LimitStore {
  rateLimiter(name: string, perMinute: number): RateLimiter;
  slotCounter(name: string, slots: number): SlotCounter;
}

/** A key that had its share is refused before it is counted against its user's. */
export function createRequestLimits(policy: LimitPolicy, store: LimitStore): RequestLimits {
  const rates = limitsOf(policy.requestsPerMinuteByKey, policy.requestsPerMinuteByUser, (...at) =>
    store.rateLimiter(...at),
  );
  const slots = limitsOf(policy.concurrentByKey, policy.concurrentByUser, (...at) =>
    store.slotCounter(...at),
  );
  return {
    async admit(who) {
      for (const { limiter, whose } of rates) {
        const tooMany = await limiter.consume(whose(who));
        if (tooMany) throw rateLimited(tooMany.retryAfterMs);
      }
      using taken = new DisposableStack();
      for (const { limiter, whose } of slots) {
        const slot = await limiter.take(whose(who));
        if (!slot) throw new Refusal("too_many_requests_at_once");
        taken.use(slot);
      }
      return taken.move();
    },
  };
}

/** Whether there is anything to limit. */
export function limitsAnything(policy: LimitPolicy): boolean {
  return Object.values(policy).some((limit) => limit !== undefined);
}

interface Limit<T> {
  readonly limiter: T;
  whose(who: Limited): string;
}

function limitsOf<T>(
  byKey: number | undefined,
  byUser: number | undefined,
  create: (name: string, most: number) => T,
): Limit<T>[] {
  const limits: Limit<T>[] = [];
  if (byKey !== undefined) {
    limits.push({ limiter: create("key", byKey), whose: ({ apiKeyId }) => apiKeyId });
  }
  if (byUser !== undefined) {
    limits.push({ limiter: create("user", byUser), whose: ({ userId }) => userId });
  }
  return limits;
}

function rateLimited(retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1_000)) });
}
