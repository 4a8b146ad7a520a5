import { writeSync, write as writeWithCallback } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const write = promisify(writeWithCallback);

/** Lines on their way to a file descriptor. */
export interface BatchedLines {
  /** Takes a line, with its newline. Never throws and never waits. */
  write(line: string): void;
  /** Calls back when the lines taken so far were written, or can't be. */
  flush(done: () => void): void;
  /**
   * Writes what is left before it returns, for a process that ends. Not named
   * `flushSync`: pino calls a method of that name for each fatal line, amid a
   * write that is under way.
   */
  writeRest(): void;
}

export interface BatchedLinesOptions {
  /** What waits beyond this is dropped: logs must never stop or fatten the traffic. */
  readonly waitingBytesMax: number;
}

/** A batch of this length is written at once. */
const batchLength = 64 * 1_024;
/** How long a line waits for others. */
const lingerMs = 50;
/** Between attempts to write into a pipe that is full. */
const retryMs = 20;

/**
 * Writes lines together, off the event loop: one system call for each, or
 * one join for each, would be a tenth of what a request costs. So a process
 * that is killed loses the last 50 ms of them; one that ends by itself calls
 * `writeRest`, or `flush` before it calls `process.exit`, which doesn't wait for
 * what is being written.
 */
export function createBatchedLines(
  fd: number,
  { waitingBytesMax }: BatchedLinesOptions,
): BatchedLines {
  let lines: string[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  function take(): Buffer {
    clearTimeout(timer);
    timer = undefined;
    const batch = Buffer.from(lines.join(""));
    lines = [];
    length = 0;
    return batch;
  }

  function run(): Promise<void> {
    running ??= writeAll(fd, take()).finally(() => {
      running = undefined;
      if (length >= batchLength) void run();
      else if (length > 0) linger();
    });
    return running;
  }

  function linger(): void {
    timer ??= setTimeout(run, lingerMs).unref();
  }

  return {
    write(line) {
      if (length + line.length > waitingBytesMax) return;
      lines.push(line);
      length += line.length;
      if (running) return;
      if (length >= batchLength) void run();
      else linger();
    },
    async flush(done) {
      await running;
      // The rest is in the one that followed at once, or in this one.
      if (running || length > 0) await run();
      done();
    },
    writeRest() {
      const batch = take();
      for (let at = 0; at < batch.length; ) {
        try {
          at += writeSync(fd, batch, at);
        } catch (error) {
          if (!isFull(error)) return;
        }
      }
    },
  };
}

/** Never rejects: there is nowhere left to tell of it. */
async function writeAll(fd: number, batch: Buffer): Promise<void> {
  for (let at = 0; at < batch.length; ) {
    try {
      at += (await write(fd, batch, at)).bytesWritten;
    } catch (error) {
      if (!isFull(error)) return;
      await sleep(retryMs);
    }
  }
}

/** A pipe that doesn't block is full. */
function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
