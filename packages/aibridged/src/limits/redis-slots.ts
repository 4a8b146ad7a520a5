import { randomUUID } from "node:crypto";
import { memoryLimitStore, type SlotCounter } from "@aibridge/aibridge";
import type { Redis } from "ioredis";
import { Semaphore } from "redis-semaphore";

/** After this, what a gateway that died had taken is free again. */
const leaseMs = 30_000;
const renewEveryMs = 10_000;

export interface RedisSlots extends Disposable {
  counter(name: string, slots: number): SlotCounter;
}

/**
 * Slots that are taken in Redis, on a lease. One timer renews all of them: the
 * library's own, one for each, rejects unheard when Redis is away.
 */
export function createRedisSlots(redis: Redis, onAway: (error: unknown) => void): RedisSlots {
  const held = new Set<Lease>();
  const renewal = setInterval(() => {
    for (const lease of held) lease.renew().catch(onAway);
  }, renewEveryMs).unref();

  return {
    counter: (name, slots) => {
      const here = memoryLimitStore.slotCounter(name, slots);
      return {
        async take(whose) {
          const lease = leaseOf(redis, `${name}:${whose}`, slots);
          try {
            if (!(await lease.take())) return undefined;
          } catch (error) {
            onAway(error);
            return here.take(whose);
          }
          held.add(lease);
          return {
            [Symbol.dispose]: () => {
              held.delete(lease);
              lease.release().catch(onAway);
            },
          };
        },
      };
    },
    [Symbol.dispose]: () => clearInterval(renewal),
  };
}

interface Lease {
  take(): Promise<boolean>;
  renew(): Promise<unknown>;
  release(): Promise<void>;
}

function leaseOf(redis: Redis, name: string, slots: number): Lease {
  const lease = {
    identifier: randomUUID(),
    acquireAttemptsLimit: 1,
    lockTimeout: leaseMs,
    refreshInterval: 0,
  };
  const taken = new Semaphore(redis, name, slots, lease);
  return {
    take: () => taken.tryAcquire(),
    renew: () =>
      new Semaphore(redis, name, slots, { ...lease, acquiredExternally: true }).tryAcquire(),
    release: () => taken.release(),
  };
}
