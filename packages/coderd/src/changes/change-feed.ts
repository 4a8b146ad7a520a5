import { EventEmitter } from "node:events";
import type { Logger } from "@aibridge/runtime";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ChangeListener } from "../store/changes.ts";
import { type Changes, type Invalidation, neverRevision } from "../store/invalidations.ts";
import type { Store } from "../store/store.ts";
import { Alarm } from "./alarm.ts";
import { ChangeLog } from "./change-log.ts";
import { Followers, type Progress } from "./followers.ts";
import { until } from "./until.ts";

/** What a follower is told. */
export interface Told {
  /** Everything up to this revision of the keys was told. */
  readonly keysRevision: bigint;
  /** The configuration of providers is at this revision. */
  readonly providersRevision: bigint;
  /** What was not told before. */
  readonly invalidations: readonly Invalidation[];
}

/**
 * Tells any number of followers what changes in the store, whichever coderd
 * changed it. One per process.
 */
export interface ChangeFeed extends AsyncDisposable {
  /** Somebody begins to watch, until `signal` is aborted. Counts for `delivered` from now on. */
  join(signal: AbortSignal): Follower;
  /**
   * Resolves to true once all who joined have taken all that was committed
   * before now, by whichever coderd, or left. To false if `signal` is aborted
   * before that, or the feed ends: the changes are on their way then.
   */
  delivered(signal: AbortSignal): Promise<boolean>;
  /** Ends all following, for good. */
  end(): void;
}

/** Somebody who watches, such as a gateway. Disposing leaves. */
interface Follower extends Disposable {
  /**
   * Tells what came after a revision of the keys: at every change, and at least
   * each 100 ms as long as the store can be read. What it tells is true of the
   * store at most `freshMs` ago: all that was committed before then was told.
   * If the store can't be read it tells nothing.
   *
   * A follower takes what it is told when it likes, and then gets all that came
   * since in one. Nothing is kept for it: one that falls too far behind is ended.
   * What it was told counts as taken when it comes back for more.
   *
   * Ends when the signal of `join` is aborted. Throws a `ConnectError`, unavailable,
   * when the feed ends, or can't tell what came after `revision`: then begin anew.
   */
  follow(revision: bigint): AsyncGenerator<Told, void>;
}

/** How old what followers are told may be. */
export const freshMs = 250;

/** From one read of the store to the next; with the time it takes, well within 100 ms. */
const intervalMsDefault = 75;
const retryMsMin = 50;
const retryMsMax = 1_000;
/** How many revisions a follower may fall behind. */
const entriesMax = 1_000;

/** For tests. */
interface ChangeFeedOptions {
  readonly intervalMs?: number;
  /** A clock that only goes forward. */
  readonly nowMs?: () => number;
}

interface State {
  readonly log: ChangeLog;
  readonly providersRevision: bigint;
  /** Which read of the store found this, and when that began. */
  readonly read: Read;
}

interface Read {
  /** Grows from read to read. */
  readonly number: number;
  readonly beganMs: number;
}

/** Follows the changes of a store. That it can't be read is logged, and tried again. */
export async function openChangeFeed(
  { store, log }: { store: Pick<Store, "changes">; log: Logger },
  { intervalMs = intervalMsDefault, nowMs = () => performance.now() }: ChangeFeedOptions = {},
): Promise<ChangeFeed> {
  const alarm = new Alarm();
  const listener = await store.changes.listen(() => alarm.ring());
  return new StoreChangeFeed({ listener, alarm, log, intervalMs, nowMs });
}

interface FeedParts extends Required<ChangeFeedOptions> {
  readonly listener: ChangeListener;
  /** Rings when there is something to read. */
  readonly alarm: Alarm;
  readonly log: Logger;
}

class StoreChangeFeed implements ChangeFeed {
  readonly #parts: FeedParts;
  readonly #ended = new AbortController();
  readonly #closed = new AbortController();
  readonly #followers = new Followers();
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #reading: Promise<void>;
  #state: State | undefined;
  #reads = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#reading = readUntil(this.#closed.signal, { ...parts, read: () => this.#read() });
  }

  join(signal: AbortSignal): Follower {
    const progress = this.#followers.join();
    const leave = () => progress[Symbol.dispose]();
    // One that has gone may leave a write behind that never ends.
    signal.addEventListener("abort", leave, { once: true });
    return {
      follow: (revision) => this.#follow(progress, revision, signal),
      [Symbol.dispose]() {
        signal.removeEventListener("abort", leave);
        leave();
      },
    };
  }

  async delivered(signal: AbortSignal): Promise<boolean> {
    if (this.#followers.areNone) return true;
    const over = AbortSignal.any([signal, this.#ended.signal]);
    const state = await this.#readAnew(over);
    return state !== undefined && this.#followers.reach(state.log.last, over);
  }

  end(): void {
    this.#ended.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#closed.abort();
    await this.#reading;
    await this.#parts.listener[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    this.#reads += 1;
    const read = { number: this.#reads, beganMs: this.#parts.nowMs() };
    const changes = await this.#parts.listener.since(this.#state?.log.last ?? neverRevision);
    this.#state = { ...nextState(this.#state, changes), read };
    this.#events.emit("state");
  }

  /** What a read finds that begins after now: one that runs may not see what was just committed. */
  async #readAnew(signal: AbortSignal): Promise<State | undefined> {
    const begun = this.#reads;
    const isNew = () => (this.#state?.read.number ?? 0) > begun;
    this.#parts.alarm.ring();
    return (await until(isNew, this.#events, "state", signal)) ? this.#state : undefined;
  }

  async *#follow(
    progress: Progress,
    revision: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<Told, void> {
    const over = AbortSignal.any([signal, this.#ended.signal]);
    let told = revision;
    let seen: State | undefined;
    let log = this.#state?.log;
    for (;;) {
      progress.take(told);
      await until(() => this.#isNews(seen), this.#events, "state", over);
      if (signal.aborted) return;
      if (this.#ended.signal.aborted) throw unavailable("coderd is draining");
      seen = this.#state;
      if (seen === undefined) continue;
      const isSameLog = log === undefined || log === seen.log;
      const invalidations = isSameLog ? seen.log.after(told) : undefined;
      if (invalidations === undefined) throw unavailable("changes were missed");
      log = seen.log;
      if (told < log.last) told = log.last;
      const { providersRevision } = seen;
      yield { keysRevision: told, providersRevision, invalidations };
    }
  }

  /** Whether there is a state that was not seen before, and says how things are now. */
  #isNews(seen: State | undefined): boolean {
    const state = this.#state;
    if (state === undefined || state === seen) return false;
    return this.#parts.nowMs() - state.read.beganMs <= freshMs;
  }
}

/** The log goes on, or another begins if it can't: after a gap, or in an older copy of the store. */
function nextState(
  state: State | undefined,
  { keysRevision, providersRevision, invalidations }: Changes,
): Omit<State, "read"> {
  const goesOn = state !== undefined && state.providersRevision <= providersRevision;
  if (!goesOn || invalidations === undefined) {
    return { log: new ChangeLog(keysRevision, entriesMax), providersRevision };
  }
  state.log.append(invalidations);
  return { log: state.log, providersRevision };
}

function unavailable(message: string): ConnectError {
  return new ConnectError(message, Code.Unavailable);
}

interface Reading {
  readonly read: () => Promise<void>;
  readonly alarm: Alarm;
  readonly intervalMs: number;
  readonly log: Logger;
}

/** Reads whenever the alarm rings, and each `intervalMs` in case that it did not. */
async function readUntil(
  signal: AbortSignal,
  { read, alarm, intervalMs, log }: Reading,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const beganMs = performance.now();
    try {
      await read();
      if (failures > 0) log.info("the changes of the store can be read again");
      failures = 0;
    } catch (err) {
      if (failures === 0) log.warn({ err }, "the changes of the store can't be read");
      failures += 1;
    }
    const waitMs = failures === 0 ? intervalMs : retryMs(failures);
    await alarm.wait(Math.max(0, beganMs + waitMs - performance.now()), signal);
  }
}

function retryMs(failures: number): number {
  return Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures - 1, 10));
}
