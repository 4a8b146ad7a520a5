import { EventEmitter, once } from "node:events";
import type { Logger } from "@aibridge/runtime";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Changes, type Invalidation, neverRevision } from "../store/invalidations.ts";
import type { Store } from "../store/store.ts";
import { Alarm } from "./alarm.ts";
import { ChangeLog } from "./change-log.ts";

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
  /**
   * Tells what came after a revision of the keys: at every change, and at least
   * each 100 ms as long as the store can be read. What it tells is true of the
   * store at most `freshMs` ago: all that was committed before then was told.
   * If the store can't be read it tells nothing.
   *
   * A follower takes what it is told when it likes, and then gets all that came
   * since in one. Nothing is kept for it: one that falls too far behind is ended.
   *
   * Ends when `signal` is aborted. Throws a `ConnectError`, unavailable, when
   * the feed ends, or can't tell what came after `revision`: then begin anew.
   */
  follow(revision: bigint, signal: AbortSignal): AsyncGenerator<Told, void>;
  /** Ends all following, for good. */
  end(): void;
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
  /** When the read began that found this. */
  readonly readMs: number;
}

/** Follows the changes of a store. That it can't be read is logged, and tried again. */
export async function openChangeFeed(
  { store, log }: { store: Pick<Store, "changes">; log: Logger },
  { intervalMs = intervalMsDefault, nowMs = () => performance.now() }: ChangeFeedOptions = {},
): Promise<ChangeFeed> {
  const ended = new AbortController();
  const closed = new AbortController();
  const published = new EventEmitter().setMaxListeners(0);
  const alarm = new Alarm();
  const listener = await store.changes.listen(() => alarm.ring());
  let state: State | undefined;

  function publish(changes: Changes, readMs: number): void {
    state = { ...nextState(state, changes), readMs };
    published.emit("state");
  }

  const reading = readUntil(closed.signal, {
    read: async () => {
      const readMs = nowMs();
      publish(await listener.since(state?.log.last ?? neverRevision), readMs);
    },
    alarm,
    intervalMs,
    log,
  });

  async function* follow(revision: bigint, signal: AbortSignal): AsyncGenerator<Told, void> {
    const over = AbortSignal.any([signal, ended.signal]);
    let told = revision;
    let seen: State | undefined;
    let log = state?.log;
    for (;;) {
      if (signal.aborted) return;
      if (ended.signal.aborted) throw unavailable("coderd is draining");
      if (state === undefined || state === seen || nowMs() - state.readMs > freshMs) {
        await once(published, "state", { signal: over }).catch(() => {});
        continue;
      }
      const isSameLog = log === undefined || log === state.log;
      const invalidations = isSameLog ? state.log.after(told) : undefined;
      if (invalidations === undefined) throw unavailable("changes were missed");
      seen = state;
      log = state.log;
      if (told < log.last) told = log.last;
      const { providersRevision } = state;
      yield { keysRevision: told, providersRevision, invalidations };
    }
  }

  return {
    follow,
    end: () => ended.abort(),
    async [Symbol.asyncDispose]() {
      ended.abort();
      closed.abort();
      await reading;
      await listener[Symbol.asyncDispose]();
    },
  };
}

/** The log goes on, or another begins if it can't: after a gap, or in an older copy of the store. */
function nextState(
  state: State | undefined,
  { keysRevision, providersRevision, invalidations }: Changes,
): Omit<State, "readMs"> {
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
