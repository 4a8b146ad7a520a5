/** Something to be written, and who waits for it. */
export interface Entry {
  readonly frame: Buffer;
  /** If it is there, it is told the outcome. Else the entry is kept until it is written. */
  readonly waiter?: { resolve(): void; reject(cause: unknown): void };
}

export interface GroupCommitOptions<E extends Entry> {
  /** Resolves when the entries are durable. Called with one batch at a time. */
  readonly write: (entries: readonly E[]) => Promise<void>;
  /** What may follow a write without its waiters waiting for it. Must not reject. */
  readonly afterWrite: () => Promise<void>;
  /** Told of each failed write: its starts were refused, the rest is tried again. */
  readonly onError: (error: unknown) => void;
  /** A batch ends with the entry that reaches this. */
  readonly batchBytesMax: number;
  /** How long an entry for which nobody waits may stay in memory. */
  readonly lingerMs: number;
  /** How long after a failed write it is tried again, if no start tries before. */
  readonly retryMs: number;
}

export interface GroupCommit<E extends Entry> {
  add(entry: E): void;
  /** In memory only. */
  pendingBytes(): number;
  /** Writes what is pending. Returns how many entries could not be written. */
  flush(): Promise<number>;
}

/**
 * Many writes, few syncs: whatever arrives while one batch is being written is
 * the next batch.
 */
export function createGroupCommit<E extends Entry>(options: GroupCommitOptions<E>): GroupCommit<E> {
  let queue: E[] = [];
  let pendingBytes = 0;
  let waiting = 0;
  let running: Promise<boolean> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function schedule(delayMs: number): void {
    if (running || queue.length === 0) return;
    if (waiting > 0) void run();
    else timer ??= setTimeout(run, delayMs);
  }

  /** Resolves with whether it was written; never rejects. */
  function run(): Promise<boolean> {
    clearTimeout(timer);
    timer = undefined;
    running ??= writeBatch().then((isWritten) => {
      running = undefined;
      schedule(isWritten ? options.lingerMs : options.retryMs);
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
      schedule(options.lingerMs);
    },
    pendingBytes: () => pendingBytes,
    async flush() {
      while (queue.length > 0 || running) {
        // A batch that was under way may fail for want of what came since.
        const wasUnderWay = running !== undefined;
        if (!(await run()) && !wasUnderWay && !running) break;
      }
      clearTimeout(timer);
      timer = undefined;
      return queue.length;
    },
  };
}
