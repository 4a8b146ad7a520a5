/**
 * What may have ended the liveness of keys since the news before. One that
 * names nothing is a heartbeat: it says that nothing did.
 */
export interface Invalidation {
  /** Every change up to this revision was told. */
  readonly revision: bigint;
  /** Keys that were revoked or changed. */
  readonly apiKeyIds: readonly string[];
  /** Users all of whose keys are meant. */
  readonly userIds: readonly string[];
  /** Gateway keys: what was answered to them is meant. */
  readonly gatewayKeyIds: readonly string[];
  /** Everything is meant that was read before this revision. */
  readonly reset: boolean;
}

/** Who tells of invalidations, as they are committed. */
export interface InvalidationSource {
  /**
   * Tells `listener` of each piece of news, heartbeats among them, until the
   * subscription is disposed. Every piece counts as fresh at the moment it is
   * told, so a source must hold nothing back. It falls silent when it can't
   * know, and after that goes on from where it was, or with a `reset`.
   */
  subscribe(listener: (news: Invalidation) => void): Disposable;
}
