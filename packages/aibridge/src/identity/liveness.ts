import { AsyncLocalStorage } from "node:async_hooks";
import { LRUCache } from "lru-cache";
import { abortable } from "../abortable.ts";
import { Refusal } from "../refusal.ts";
import { type Authorizer, type Credential, NotAuthorizedError } from "./authorizer.ts";
import { credentialHash } from "./credential-hash.ts";
import { type Answer, type Cuttable, Grant } from "./grant.ts";
import { InFlight } from "./in-flight.ts";
import type { Invalidation, InvalidationSource } from "./invalidation.ts";
import { InvalidationLog } from "./invalidation-log.ts";
import { type LivenessClock, systemLivenessClock } from "./liveness-clock.ts";
import { isNo, refusalFrom } from "./refusal-from.ts";
import { SlowLanes } from "./slow-lanes.ts";

export interface LivenessOptions {
  readonly authorizer: Authorizer;
  readonly invalidations: InvalidationSource;
  /** How long the source may be silent before each request asks. Default 400 ms. */
  readonly silenceMs?: number;
  /**
   * How old the knowledge may be that a key lives: older answers are not
   * believed, and what is in flight under it is cut. Default 650 ms.
   */
  readonly confirmWithinMs?: number;
  /** How many accepted credentials are remembered. Default 50,000. */
  readonly grantsMax?: number;
  readonly clock?: LivenessClock;
}

/** Knows whose credentials live, and ends what runs under those that don't any more. */
export interface Liveness extends Disposable {
  /**
   * The grant for a credential: remembered, or asked for. Concurrent questions
   * about one credential are one, which runs under the owner's lifetime: a
   * caller who leaves stops waiting (its reason rejects) and hurts nobody.
   *
   * @param from the network address of the caller, if it has one.
   * @throws as `Authorizer.isAuthorized` does, and TooManyAttemptsError.
   */
  authorize(
    credential: Credential,
    from: string | undefined,
    signal: AbortSignal,
  ): Grant | Promise<Grant>;
  /**
   * Watches over what runs under a grant, until the result is disposed. To be
   * called in the same turn of the event loop in which the grant was got.
   */
  hold(grant: Grant, credential: Credential, exchange: Cuttable): Disposable;
}

/**
 * Remembers accepted credentials for as long as the source of invalidations is
 * heard, so that a request of a known key asks nobody.
 *
 * Owned by the gateway. A grant is remembered by the hash of its credential,
 * and used only while the last news came less than the silence bound ago, no news
 * named its key, owner or gateway key since it was read, and its key has not
 * expired; the least recently used of too many is dropped.
 */
export function createLiveness(options: LivenessOptions): Liveness {
  return new WatchedLiveness(options);
}

/** Asks for each request, and watches over nothing: for those who have no source of invalidations. */
export function createUnwatchedLiveness(authorizer: Authorizer): Liveness {
  const held = { [Symbol.dispose]() {} };
  return {
    async authorize(credential, _from, signal) {
      const authorization = await authorizer.isAuthorized(credential, signal);
      return new Grant("", { authorization, askedAt: 0, epoch: 0 });
    },
    hold: () => held,
    [Symbol.dispose]() {},
  };
}

const defaults = { silenceMs: 400, confirmWithinMs: 650, grantsMax: 50_000 };
/** How often what is in flight is looked after: a small part of all bounds on it. */
const checkEveryMs = 50;
/** A key that was just made may be refused for so long if it was asked for before. */
const refusalMs = 1_000;
const refusalsMax = 10_000;
/** So often a credential is asked about whose answers are overtaken by news, or late. */
const attemptsMax = 3;
const changesMax = 50_000;
const lanes = {
  failuresMax: 20,
  windowMs: 10_000,
  waitingMax: 32,
  waitMs: 2_000,
  addressesMax: 10_000,
};

class WatchedLiveness implements Liveness {
  readonly #authorizer: Authorizer;
  readonly #clock: LivenessClock;
  readonly #confirmWithinMs: number;
  readonly #log: InvalidationLog;
  readonly #grants: LRUCache<string, Grant>;
  /** Reasons of refusals, apart from the grants: no flood of wrong keys can evict good ones. */
  readonly #refusals: LRUCache<string, string>;
  readonly #asking = new Map<string, Promise<Grant>>();
  readonly #lanes: SlowLanes;
  readonly #inFlight: InFlight;
  readonly #lifetime = new AbortController();
  readonly #owned = new DisposableStack();
  // A question must not inherit the context (delegation, say) of whoever came first.
  readonly #inOwnContext = AsyncLocalStorage.snapshot();

  constructor(options: LivenessOptions) {
    const { silenceMs, confirmWithinMs, grantsMax } = { ...defaults, ...options };
    const { authorizer, invalidations, clock = systemLivenessClock } = options;
    const now = () => clock.now();
    this.#authorizer = authorizer;
    this.#clock = clock;
    this.#confirmWithinMs = confirmWithinMs;
    this.#log = new InvalidationLog({ silenceMs, idsMax: changesMax });
    this.#grants = new LRUCache({ max: grantsMax });
    this.#refusals = new LRUCache({ max: refusalsMax, ttlResolution: 0, perf: { now } });
    this.#lanes = new SlowLanes({ ...lanes, now });
    this.#inFlight = new InFlight({
      log: this.#log,
      ask: (hash, credential) => this.#ask(hash, credential, undefined),
      confirmWithinMs,
      askEveryMs: silenceMs,
      clock,
    });
    this.#owned.use(invalidations.subscribe((news) => this.#hear(news)));
    this.#owned.use(clock.every(checkEveryMs, () => this.#inFlight.check()));
  }

  authorize(credential: Credential, from: string | undefined, signal: AbortSignal) {
    const hash = credentialHash(credential);
    return this.#remembered(hash) ?? this.#find(hash, credential, from, signal);
  }

  hold(grant: Grant, credential: Credential, exchange: Cuttable): Disposable {
    return this.#inFlight.hold(grant, credential, exchange);
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
    this.#lifetime.abort(new Error("the gateway is closed"));
  }

  #remembered(hash: string): Grant | undefined {
    const grant = this.#grants.get(hash);
    if (!grant || !this.#log.isLive(this.#clock.now())) return undefined;
    if (!grant.isCurrent(this.#log)) return undefined;
    return this.#clock.epochNow() < grant.expiresAt ? grant : undefined;
  }

  async #find(
    hash: string,
    credential: Credential,
    from: string | undefined,
    signal: AbortSignal,
  ): Promise<Grant> {
    const ask = async () => this.#remembered(hash) ?? (await this.#ask(hash, credential, from));
    // A key that was good before is no guess, and what is known costs nothing.
    const isGuess = !this.#grants.has(hash) && !this.#refusals.has(hash) && !this.#asking.has(hash);
    const slow = isGuess && this.#lanes.isSlow(from);
    return abortable(slow ? this.#lanes.inTurn(from, signal, ask) : ask(), signal);
  }

  /** The one question about a credential that is under way, or a new one. */
  async #ask(hash: string, credential: Credential, from: string | undefined): Promise<Grant> {
    const refused = this.#refusals.get(hash);
    if (refused !== undefined) throw new NotAuthorizedError(refused);
    const asking =
      this.#asking.get(hash) ?? this.#inOwnContext(() => this.#settle(hash, credential, from));
    this.#asking.set(hash, asking);
    return asking;
  }

  /** Asks, and acts upon the answer for all who run, wait or will come with this credential. */
  async #settle(hash: string, credential: Credential, from: string | undefined): Promise<Grant> {
    const askedAt = this.#clock.now();
    try {
      return this.#accept(hash, await this.#read(credential));
    } catch (error) {
      if (isNo(error)) this.#refuse(hash, error, askedAt, from);
      throw error;
    } finally {
      this.#asking.delete(hash);
    }
  }

  /** An answer that no news has overtaken, and that did not take too long to be true. */
  async #read(credential: Credential): Promise<Answer> {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const { epoch } = this.#log;
      const askedAt = this.#clock.now();
      const { signal } = this.#lifetime;
      const authorization = await this.#authorizer.isAuthorized(credential, signal);
      if (epoch !== this.#log.epoch || this.#log.isOvertaken(authorization)) continue;
      const confirmedAt = this.#log.isCurrent(authorization) ? this.#log.heardAt : askedAt;
      const ageMs = this.#clock.now() - Math.max(askedAt, confirmedAt);
      if (ageMs <= this.#confirmWithinMs) return { authorization, askedAt, epoch };
    }
    throw new Error("answers are older than the changes that were told, or came too late");
  }

  #accept(hash: string, answer: Answer): Grant {
    let grant = this.#inFlight.grantOf(hash) ?? this.#grants.peek(hash);
    if (grant && grant.authorization.ownerId !== answer.authorization.ownerId) {
      this.#inFlight.cut(grant, new Refusal("unauthorized"));
      grant = undefined;
    }
    if (grant) grant.renew(answer);
    else grant = new Grant(hash, answer);
    this.#grants.set(hash, grant);
    return grant;
  }

  #refuse(hash: string, error: unknown, askedAt: number, from: string | undefined): void {
    this.#lanes.failed(from);
    this.#grants.delete(hash);
    const grant = this.#inFlight.grantOf(hash);
    if (grant) this.#inFlight.cut(grant, refusalFrom(error));
    if (!(error instanceof NotAuthorizedError) || !lasting.has(error.reason)) return;
    const ttl = askedAt + refusalMs - this.#clock.now();
    if (ttl > 0) this.#refusals.set(hash, error.reason, { ttl });
  }

  #hear(news: Invalidation): void {
    const { version, heardAt } = this.#log;
    if (this.#log.tell(news, this.#clock.now())) this.#inFlight.onChange({ version, heardAt });
  }
}

/** Refusals that no change of a user's state undoes (wire.md, section 2). */
const lasting: ReadonlySet<string> = new Set(["unknown key", "invalid key"]);
