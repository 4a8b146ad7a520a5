import { LRUCache } from "lru-cache";
import type { Authorization } from "./authorizer.ts";
import type { Invalidation } from "./invalidation.ts";

export interface InvalidationLogOptions {
  /** How long nothing may be told before nothing is taken for known. */
  readonly silenceMs: number;
  /** How many ids are told apart; the change of the one named longest ago is then one of all. */
  readonly idsMax: number;
}

/**
 * What was told of changes, so that one look says whether an answer still
 * holds: it does if it was read at the last change of its key, its owner and
 * the gateway key that asked, or after. So a change costs one entry here, however
 * many answers are remembered, and an answer that was overtaken on its way by
 * the news of a change is known for what it is.
 */
export class InvalidationLog {
  /** Grows with all news that name something. */
  version = 0;
  /** Grows with each reset: whatever was asked before it holds no more. */
  epoch = 0;
  /** When the last news came, on the clock of the caller. */
  heardAt = Number.NEGATIVE_INFINITY;
  readonly #silenceMs: number;
  /** By id, the revision of the last change that named it; the lowest is evicted first. */
  readonly #changes: LRUCache<string, bigint>;
  #revision: bigint | undefined;
  /** An answer that was read before this revision holds no more; nothing was told of it. */
  #floor: bigint | undefined;

  constructor({ silenceMs, idsMax }: InvalidationLogOptions) {
    this.#silenceMs = silenceMs;
    this.#changes = new LRUCache<string, bigint>({
      max: idsMax,
      dispose: (revision, _, reason) => {
        if (reason === "evict") this.#raiseFloor(revision);
      },
    });
  }

  /** Takes news in. True if they name something: then `isCurrent` may say otherwise than before. */
  tell(news: Invalidation, now: number): boolean {
    if (news.reset || this.#revision === undefined) {
      this.#floor = news.revision;
      this.#changes.clear();
      if (news.reset) this.epoch++;
    } else if (news.revision < this.#revision) {
      // From one who knows less than we were told already: it attests nothing.
      return false;
    }
    this.#revision = news.revision;
    this.heardAt = now;
    const ids = [news.apiKeyIds, news.userIds, news.gatewayKeyIds].flat();
    for (const id of ids) this.#changes.set(id, news.revision);
    if (ids.length === 0 && !news.reset) return false;
    this.version++;
    return true;
  }

  /** Whether the last news came less than the silence bound ago. */
  isLive(now: number): boolean {
    return now - this.heardAt < this.#silenceMs;
  }

  /** Whether, as far as was told, nothing has changed since the answer was read. */
  isCurrent({ revision, apiKeyId, ownerId, gatewayKeyId }: Authorization): boolean {
    if (revision === undefined || this.#floor === undefined || revision < this.#floor) return false;
    return (
      this.#changedAt(apiKeyId) <= revision &&
      this.#changedAt(ownerId) <= revision &&
      (gatewayKeyId === undefined || this.#changedAt(gatewayKeyId) <= revision)
    );
  }

  /** Whether a change was told of which this answer, by its revision, knows nothing. */
  isOvertaken(authorization: Authorization): boolean {
    const comparable = authorization.revision !== undefined && this.#floor !== undefined;
    return comparable && !this.isCurrent(authorization);
  }

  #changedAt(id: string): bigint {
    return this.#changes.peek(id) ?? 0n;
  }

  #raiseFloor(revision: bigint): void {
    if (this.#floor !== undefined && revision > this.#floor) this.#floor = revision;
    this.version++;
  }
}
