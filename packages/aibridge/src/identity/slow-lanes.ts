import { LRUCache } from "lru-cache";
import { abortable } from "../abortable.ts";

export interface SlowLanesOptions {
  /** So many questions of one address may be answered with a no in a window... */
  readonly failuresMax: number;
  /** ...of so many milliseconds, before its further ones go one at a time. */
  readonly windowMs: number;
  /** How many may wait in the lane of one address, and for how many milliseconds each. */
  readonly waitingMax: number;
  readonly waitMs: number;
  /** How many addresses are told apart; the one that failed longest ago is forgotten. */
  readonly addressesMax: number;
  /** Milliseconds from a fixed point. */
  readonly now: () => number;
}

/** The lane of this caller's address is full. Says nothing about the credential. */
export class TooManyAttemptsError extends Error {
  override readonly name = "TooManyAttemptsError";
  constructor() {
    super("too many failed attempts from this address");
  }
}

/**
 * Holds up the questions of addresses whose callers fail. An address may be a
 * whole office: so one that failed too often is not refused, its questions go
 * through one lane, one at a time. A good key among them waits once, and is
 * remembered then; a guesser asks as fast as one question is answered.
 *
 * Only questions that were asked and answered with a no count. Callers without
 * an address (in-process ones) have no lane.
 */
export class SlowLanes {
  readonly #options: SlowLanesOptions;
  readonly #failures: LRUCache<string, number>;
  readonly #lanes = new Map<string, Lane>();

  constructor(options: SlowLanesOptions) {
    this.#options = options;
    this.#failures = new LRUCache({
      max: options.addressesMax,
      ttl: options.windowMs,
      ttlResolution: 0,
      perf: { now: options.now },
    });
  }

  /** Counts a question of this address that was answered with a no. */
  failed(address: string | undefined): void {
    if (address === undefined) return;
    const network = networkOf(address);
    const failures = this.#failures.get(network) ?? 0;
    // The window begins with the first failure, and is not extended by the next.
    this.#failures.set(network, failures + 1, { noUpdateTTL: failures > 0 });
  }

  /** Whether this address must go through its lane. */
  isSlow(address: string | undefined): address is string {
    if (address === undefined) return false;
    return (this.#failures.get(networkOf(address)) ?? 0) >= this.#options.failuresMax;
  }

  /**
   * Runs `ask` when it is its turn in the lane of this address.
   *
   * @throws TooManyAttemptsError at once if too many wait there, later if the
   *   turn doesn't come in time. The reason of `signal` if it aborts before the
   *   turn comes; after that the question is asked to its end.
   */
  async inTurn<T>(address: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    const network = networkOf(address);
    const lane = this.#lanes.get(network) ?? { users: 0, last: Promise.resolve() };
    if (lane.users > this.#options.waitingMax) throw new TooManyAttemptsError();
    this.#lanes.set(network, lane);
    lane.users++;
    const before = lane.last;
    const done = Promise.withResolvers<void>();
    lane.last = done.promise;
    try {
      await this.#turn(before, signal);
      return await ask();
    } finally {
      // One who left while waiting must not let the next one overtake.
      void before.then(() => done.resolve());
      lane.users--;
      if (lane.users === 0) this.#lanes.delete(network);
    }
  }

  async #turn(before: Promise<void>, signal: AbortSignal): Promise<void> {
    const patience = AbortSignal.timeout(this.#options.waitMs);
    try {
      await abortable(before, AbortSignal.any([signal, patience]));
    } catch (error) {
      throw signal.aborted ? error : new TooManyAttemptsError();
    }
  }
}

interface Lane {
  /** Who asks, and who waits for a turn. */
  users: number;
  /** Resolves when everybody who came so far is through. Never rejects. */
  last: Promise<void>;
}

/**
 * Whose address it is: of IPv6 the first 64 bits, because every address under
 * them is usually one customer's (RFC 6177).
 */
function networkOf(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  const [front = [], back = []] = address.split("::").map((part) => part.split(":"));
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":");
}
