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
export function createRedisSlots(
  redis: Redis,
  { onAway, onAnswer }: { onAway(error: unknown): void; onAnswer(): void },
): RedisSlots {
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
            const isTaken = await lease.take();
            onAnswer();
            if (!isTaken) return undefined;
          } catch (error) {
            onAway(error);
            // A Redis that was slow takes it late, and nobody would give it back.
            lease.giveUp().catch(onAway);
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
  /** Gives back what may have been taken unheard. */
  giveUp(): Promise<void>;
}

function leaseOf(redis: Redis, name: string, slots: number): Lease {
  const lease = {
    identifier: randomUUID(),
    acquireAttemptsLimit: 1,
    lockTimeout: leaseMs,
    refreshInterval: 0,
  };
  const taken = new Semaphore(redis, name, slots, lease);
  // The library's own has to know that it was taken.
  const believed = () => new Semaphore(redis, name, slots, { ...lease, acquiredExternally: true });
  return {
    take: () => taken.tryAcquire(),
    renew: () => believed().tryAcquire(),
    release: () => taken.release(),
    giveUp: () => believed().release(),
  };
}
