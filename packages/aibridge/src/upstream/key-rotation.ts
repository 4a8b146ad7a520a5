import type { Secret } from "@aibridge/secret";

/** One of a provider's credentials. */
export interface ProviderKey {
  readonly id: string;
  readonly credential: Secret;
}

/** Which of a provider's keys to use next. */
export interface KeyRotation {
  /**
   * The first key that is neither resting nor among those tried; if all rest,
   * the first that was not tried, for the provider then says best why it
   * refuses. Undefined if all were tried.
   */
  next(tried: ReadonlySet<string>): ProviderKey | undefined;
  /** Whether `next` has a key that is not resting. */
  hasRested(tried: ReadonlySet<string>): boolean;
  /** The provider did not take this key, with this status. */
  refused(key: ProviderKey, status: number, retryAfterMs: number | undefined): void;
  /** The provider took it. */
  accepted(key: ProviderKey): void;
}

/** How long a key rests that the provider does not know, or not any more. */
const refusedRestMs = 5 * 60_000;
/** How long one rests whose rate is limited, if the provider does not say. */
const limitedRestMs = 30_000;
/** However long the provider says: quotas are raised before that. */
const restMsMax = 10 * 60_000;

/** Until when keys rest, by their id. Outlives configurations: owned by the gateway. */
export type KeyRests = Map<string, number>;

/**
 * Keys in the order of the configuration: the first that works is used, and
 * those after it only while it rests.
 *
 * @param now milliseconds from a fixed point.
 */
export function createKeyRotation(
  keys: readonly ProviderKey[],
  rests: KeyRests,
  now: () => number,
): KeyRotation {
  const isResting = ({ id }: ProviderKey) => rests.size > 0 && (rests.get(id) ?? 0) > now();
  return {
    next(tried) {
      let untried: ProviderKey | undefined;
      for (const key of keys) {
        if (tried.has(key.id)) continue;
        if (!isResting(key)) return key;
        untried ??= key;
      }
      return untried;
    },
    hasRested: (tried) => keys.some((key) => !tried.has(key.id) && !isResting(key)),
    refused({ id }, status, retryAfterMs) {
      const restMs = status === 429 ? (retryAfterMs ?? limitedRestMs) : refusedRestMs;
      rests.set(id, now() + Math.min(restMs, restMsMax));
    },
    accepted({ id }) {
      if (rests.size > 0) rests.delete(id);
    },
  };
}
