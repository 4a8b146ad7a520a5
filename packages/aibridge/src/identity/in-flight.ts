import pLimit from "p-limit";
import { Refusal } from "../refusal.ts";
import { Release } from "../release.ts";
import type { Credential } from "./authorizer.ts";
import type { Cuttable, Grant } from "./grant.ts";
import type { InvalidationLog } from "./invalidation-log.ts";
import type { LivenessClock } from "./liveness-clock.ts";
import type { Place } from "./roster.ts";

/** How many keys are asked about at once for what is in flight. */
const askingMax = 32;

export interface InFlightOptions {
  readonly log: InvalidationLog;
  /** Asks whether the credential still holds. What comes of it is settled by then. */
  readonly ask: (hash: string, credential: Credential) => Promise<unknown>;
  /** How long what is in flight may go on without knowing that its key lives. */
  readonly confirmWithinMs: number;
  /** A key is asked about once in this time at most, unless it is invalidated. */
  readonly askEveryMs: number;
  readonly clock: Pick<LivenessClock, "now" | "epochNow">;
}

/**
 * Watches over what runs under grants. In good times that costs nothing: the
 * log attests them all. A key that is named by an invalidation, or expires, is
 * asked about; while the log is silent every key is, again and again. A no cuts
 * what runs under it, and so does the lack of an answer for too long.
 */
export class InFlight {
  readonly #options: InFlightOptions;
  /** Grants under which something runs, by their hashes. */
  readonly #grants = new Map<string, Grant>();
  readonly #limit = pLimit(askingMax);
  /** Whether some grant may be other than current. */
  #unsettled = false;
  /** No grant expires before. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(options: InFlightOptions) {
    this.#options = options;
  }

  grantOf(hash: string): Grant | undefined {
    return this.#grants.get(hash);
  }

  /** Watches over `exchange` until the result is disposed. */
  hold(grant: Grant, credential: Credential, exchange: Cuttable): Disposable {
    const place = grant.exchanges.add(exchange);
    grant.credential = credential;
    this.#grants.set(grant.hash, grant);
    this.#nextExpiry = Math.min(this.#nextExpiry, grant.expiresAt);
    if (!grant.isCurrent(this.#options.log)) this.#unsettled = true;
    return new Release(() => this.#release(grant, place));
  }

  #release(grant: Grant, place: Place<Cuttable>): void {
    if (!grant.exchanges.remove(place) || grant.exchanges.size > 0) return;
    this.#forget(grant);
  }

  #forget(grant: Grant): void {
    grant.credential = undefined;
    if (this.#grants.get(grant.hash) === grant) this.#grants.delete(grant.hash);
  }

  /** Ends all that runs under a grant. */
  cut(grant: Grant, refusal: Refusal): void {
    const exchanges = grant.exchanges.removeAll();
    this.#forget(grant);
    for (const exchange of exchanges) exchange.cut(refusal);
  }

  /**
   * The log was told of changes: whoever they name is asked about at once.
   *
   * @param before the log's version until then, and when it had last been told
   *   anything: so long the named ones are certain to have lived.
   */
  onChange(before: Pick<InvalidationLog, "version" | "heardAt">): void {
    for (const grant of this.#grants.values()) {
      const wasCurrent = grant.wasCurrentAt(before.version);
      if (grant.isCurrent(this.#options.log)) continue;
      this.#unsettled = true;
      if (wasCurrent) grant.attestedAt = Math.max(grant.attestedAt, before.heardAt);
      this.#ask(grant);
    }
  }

  /** To be called every now and then: looks for what has lapsed or expired. */
  check(): void {
    const { log, clock, confirmWithinMs, askEveryMs } = this.#options;
    const [now, epochNow] = [clock.now(), clock.epochNow()];
    const isLive = log.isLive(now);
    if (isLive && !this.#unsettled && epochNow < this.#nextExpiry) return;
    this.#unsettled = false;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const grant of this.#grants.values()) {
      this.#nextExpiry = Math.min(this.#nextExpiry, grant.expiresAt);
      const expiredMs = epochNow - grant.expiresAt;
      if (expiredMs < 0 && isLive && grant.isCurrent(log)) continue;
      this.#unsettled = true;
      const confirmedAt =
        expiredMs < 0 ? this.#confirmedAt(grant) : Math.max(grant.attestedAt, now - expiredMs);
      if (now - confirmedAt > confirmWithinMs)
        this.cut(grant, new Refusal("authorizer_unavailable"));
      else if (now - grant.triedAt >= askEveryMs) this.#ask(grant);
    }
  }

  /** Up to when it is certain that the key of this grant lived. */
  #confirmedAt(grant: Grant): number {
    const { log } = this.#options;
    return grant.isCurrent(log) ? Math.max(grant.attestedAt, log.heardAt) : grant.attestedAt;
  }

  /** Questions about many keys take turns; those that nobody waits for any more are not asked. */
  #ask(grant: Grant): void {
    grant.triedAt = this.#options.clock.now();
    void this.#limit(async () => {
      const { credential } = grant;
      // What went wrong shows in the grant's not being confirmed.
      if (credential) await this.#options.ask(grant.hash, credential).catch(() => {});
    });
  }
}
