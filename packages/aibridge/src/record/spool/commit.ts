import type { Log } from "../../log.ts";
import { checkpointFrame } from "./checkpoint.ts";
import type { SpoolEntry } from "./intake.ts";
import type { SpoolReader } from "./reader.ts";
import type { SegmentLog } from "./segment-log.ts";

export interface CommitOptions {
  readonly segments: SegmentLog;
  readonly reader: Pick<SpoolReader, "arrived">;
  /** The interceptions that are open, as far as it is durable. */
  readonly open: Set<string>;
  readonly log: Log;
}

export interface Commit {
  /**
   * Takes an entry. A start survives the process when this turn of the event loop
   * has ended, and so does an end with all that was taken before it, if nobody
   * asks for it earlier; the rest does in 20 ms. A start's waiter is told when it
   * survives a loss of power too, or that it is refused. What follows a start is
   * kept until it is written.
   */
  add(entry: SpoolEntry): void;
  /** See `Recorder`. */
  written(): Promise<void>;
  /** See `Recorder`. */
  writeNow(): void;
  /** In memory only. */
  pendingBytes(): number;
  /** Makes durable what was taken. Returns how many entries could not be. */
  flush(): Promise<number>;
  /** Whether the last attempt failed. */
  isFailing(): boolean;
  /** How often something was made durable. */
  commits(): number;
}

/** How long an entry for which nobody waits may stay in memory, and then on the way to the disk. */
const lingerMs = 20;
/**
 * Between two syncs, while several starts wait for the next: a busy gateway syncs
 * for more starts at once then, and spends an eighth less on each request.
 */
const restMs = 1;
/** How long after a failure it is tried again, if nobody who waits tries before. */
const retryMs = 250;

/**
 * Two steps: what is taken is written, and what was written is synced. On a busy
 * gateway the starts of one turn of the event loop, ten requests or so, are one
 * write: it costs each more by what it pushes out of the processor's caches than
 * by itself. Where requests come one by one, each is written at once. So are ends,
 * for a caller waits for each. Many writes share a sync: whatever is written while
 * one is under way, or in the rest after it, has the next.
 */
export function createCommit({ segments, reader, open, log }: CommitOptions): Commit {
  /** Taken, and in memory only. */
  let unwritten: SpoolEntry[] = [];
  /** Written, and gone if the power goes. */
  let unsynced: SpoolEntry[] = [];
  let [pendingBytes, waiting, commits] = [0, 0, 0];
  /** How the last attempts went: to write, and to make durable. */
  let [writeFails, commitFails] = [false, false];
  let running: Promise<boolean> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let rest: NodeJS.Timeout | undefined;
  let turnEnd: NodeJS.Immediate | undefined;
  /** For who waits for the end of this turn, and what is written then. */
  let turn: PromiseWithResolvers<void> | undefined;
  /** How many asked for that in this turn, and in the last one in which anybody did. */
  let [waiters, waitersBefore] = [0, 0];
  /** Starts and ends that were taken in this turn, and not written yet. */
  let taken = 0;

  function isFailing(): boolean {
    return writeFails || commitFails;
  }

  function schedule(): void {
    if (running || rest || turnEnd) return;
    if (waiting > 0) void run();
    else if (isFailing()) timer ??= setTimeout(run, retryMs);
    else if (unwritten.length + unsynced.length > 0) timer ??= setTimeout(run, lingerMs);
  }

  function unschedule(): void {
    clearTimeout(timer);
    clearTimeout(rest);
    timer = undefined;
    rest = undefined;
  }

  function endTurn(): void {
    turnEnd = undefined;
    [waiters, waitersBefore] = [0, waiters];
    taken = 0;
    writeNow();
    schedule();
  }

  function writeNow(): void {
    // While the disk fails, only a start asks it again.
    if (isFailing() && !unwritten.some(({ waiter }) => waiter)) {
      endWaits();
      return;
    }
    try {
      write();
    } catch (error) {
      if (!isFailing()) log.error({ err: error }, "spool can't be written");
      writeFails = true;
      refuseUnwritten(error);
    }
  }

  function write(): void {
    if (unwritten.length > 0) {
      segments.append(bytesOf(unwritten));
      unsynced.push(...unwritten);
      unwritten = [];
      pendingBytes = 0;
      taken = 0;
    }
    writeFails = false;
    endWaits();
  }

  function endWaits(): void {
    turn?.resolve();
    turn = undefined;
  }

  /** Resolves with whether all is durable that was taken before; never rejects. */
  function run(): Promise<boolean> {
    unschedule();
    running ??= commit().then((isDurable) => {
      running = undefined;
      if (waiting > 1) rest = setTimeout(run, restMs);
      else schedule();
      return isDurable;
    });
    return running;
  }

  async function commit(): Promise<boolean> {
    let batch: SpoolEntry[] = [];
    try {
      if (isFailing()) await findOut();
      write();
      batch = unsynced;
      unsynced = [];
      await segments.sync();
      commitFails = false;
      settle(batch);
    } catch (error) {
      commitFails = true;
      takeBack(batch, error);
      return false;
    }
    // The next commit tries it again.
    await segments.roll().catch((err: unknown) => log.warn({ err }, "spool can't begin a segment"));
    return true;
  }

  /** A checkpoint may stand wherever all before it is durable: it is what can be written when there is nothing. */
  async function findOut(): Promise<void> {
    await segments.roll();
    if (unwritten.length + unsynced.length === 0) segments.append(checkpointFrame(open));
  }

  function settle(batch: readonly SpoolEntry[]): void {
    commits += 1;
    for (const entry of batch) {
      follow(open, entry);
      if (!entry.waiter) continue;
      waiting -= 1;
      entry.waiter.resolve();
    }
    reader.arrived(batch.length);
  }

  /** Nothing of it is in the segments: starts are refused, the rest is written again. */
  function takeBack(batch: readonly SpoolEntry[], error: unknown): void {
    log.error({ err: error }, "spool can't be written");
    unwritten = [...batch, ...unsynced, ...unwritten];
    unsynced = [];
    refuseUnwritten(error);
  }

  function refuseUnwritten(error: unknown): void {
    for (const { waiter } of unwritten) {
      if (!waiter) continue;
      waiting -= 1;
      waiter.reject(error);
    }
    unwritten = unwritten.filter(({ waiter }) => !waiter);
    pendingBytes = unwritten.reduce((sum, { frame }) => sum + frame.length, 0);
    turn?.reject(error);
    turn = undefined;
  }

  return {
    add(entry) {
      unwritten.push(entry);
      pendingBytes += entry.frame.length;
      if (entry.waiter) waiting += 1;
      if (entry.kind === "other") return schedule();
      taken += 1;
      turnEnd ??= setImmediate(endTurn);
    },
    written() {
      turnEnd ??= setImmediate(endTurn);
      turn ??= unwatched();
      const { promise } = turn;
      // Where nobody has company, there is nothing to share by waiting. Who was not
      // taken, for want of room, waits: by the end of the turn that is known everywhere.
      if (taken > 0 && waiters === 0 && waitersBefore <= 1) writeNow();
      waiters += 1;
      return promise;
    },
    writeNow,
    pendingBytes: () => pendingBytes,
    async flush() {
      while (unwritten.length + unsynced.length > 0 || running) {
        // A commit that was under way may fail for want of what came since.
        const wasUnderWay = running !== undefined;
        if (!(await run()) && !wasUnderWay && !running) break;
      }
      unschedule();
      clearImmediate(turnEnd);
      turnEnd = undefined;
      endWaits();
      return unwritten.length;
    },
    isFailing,
    commits: () => commits,
  };
}

/** Nobody has to hear that it is rejected. */
function unwatched(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

function bytesOf(entries: readonly SpoolEntry[]): Buffer {
  const [first] = entries;
  return first && entries.length === 1
    ? first.frame
    : Buffer.concat(entries.map(({ frame }) => frame));
}

/** Keeps count of who is open. */
export function follow(open: Set<string>, { kind, interceptionId }: SpoolEntry): void {
  if (kind === "started") open.add(interceptionId);
  if (kind === "ended") open.delete(interceptionId);
}
