/** Something to be written, and who waits for it. */
export interface Entry {
  readonly frame: Buffer;
  /** If it is there, it is told the outcome. Else the entry is kept until it is written. */
  readonly waiter?: { resolve(): void; reject(cause: unknown): void };
}

export interface GroupCommitOptions<E extends Entry> {
  /**
   * Resolves when the entries are durable. Called with one batch at a time;
   * with none after a failure, to find out whether writing works again.
   */
  readonly write: (entries: readonly E[]) => Promise<void>;
  /** What may follow a write without its waiters waiting for it. Must not reject. */
  readonly afterWrite: () => Promise<void>;
  /** Told of each failed write: its starts were refused, the rest is tried again. */
  readonly onError: (error: unknown) => void;
  /** A batch ends with the entry that reaches this. */
  readonly batchBytesMax: number;
  /** How long an entry for which nobody waits may stay in memory. */
  readonly lingerMs: number;
  /** How long after a failed write it is tried again, if nobody who waits tries before. */
  readonly retryMs: number;
}

export interface GroupCommit<E extends Entry> {
  add(entry: E): void;
  /** In memory only. */
  pendingBytes(): number;
  /** Writes what is pending. Returns how many entries could not be written. */
  flush(): Promise<number>;
  /** Whether the last write failed. */
  isFailing(): boolean;
}

/**
 * Many writes, few syncs: whatever arrives in one turn of the event loop is a
 * batch, and whatever arrives while one is being written is the next.
 */
export function createGroupCommit<E extends Entry>(options: GroupCommitOptions<E>): GroupCommit<E> {
  let queue: E[] = [];
  let pendingBytes = 0;
  let waiting = 0;
  let running: Promise<boolean> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let turnEnd: NodeJS.Immediate | undefined;
  let isFailing = false;

  function schedule(): void {
    if (running) return;
    if (waiting > 0) turnEnd ??= setImmediate(run);
    else if (isFailing) timer ??= setTimeout(run, options.retryMs);
    else if (queue.length > 0) timer ??= setTimeout(run, options.lingerMs);
  }

  function unschedule(): void {
    clearTimeout(timer);
    clearImmediate(turnEnd);
    timer = undefined;
    turnEnd = undefined;
  }

  /** Resolves with whether it was written; never rejects. */
  function run(): Promise<boolean> {
    unschedule();
    running ??= writeBatch().then((isWritten) => {
      running = undefined;
      isFailing = !isWritten;
      if (waiting > 0) void run();
      else schedule();
      return isWritten;
    });
    return running;
  }

  async function writeBatch(): Promise<boolean> {
    const batch = take();
    try {
      await options.write(batch);
    } catch (error) {
      options.onError(error);
      const kept = batch.filter(({ waiter }) => !waiter);
      queue = kept.concat(queue);
      settle(batch, error);
      for (const { frame } of kept) pendingBytes += frame.length;
      return false;
    }
    settle(batch);
    await options.afterWrite();
    return true;
  }

  function take(): E[] {
    let [bytes, count] = [0, 0];
    for (const { frame } of queue) {
      if (bytes >= options.batchBytesMax) break;
      bytes += frame.length;
      count += 1;
    }
    return queue.splice(0, count);
  }

  function settle(batch: readonly E[], error?: unknown): void {
    for (const { frame, waiter } of batch) {
      pendingBytes -= frame.length;
      if (!waiter) continue;
      waiting -= 1;
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }

  return {
    add(entry) {
      queue.push(entry);
      pendingBytes += entry.frame.length;
      if (entry.waiter) waiting += 1;
      schedule();
    },
    pendingBytes: () => pendingBytes,
    async flush() {
      while (queue.length > 0 || running) {
        // A batch that was under way may fail for want of what came since.
        const wasUnderWay = running !== undefined;
        if (!(await run()) && !wasUnderWay && !running) break;
      }
      unschedule();
      return queue.length;
    },
    isFailing: () => isFailing,
  };
}
