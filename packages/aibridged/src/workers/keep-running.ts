import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "@aibridge/runtime";
import type { Worker } from "./worker.ts";

/** A worker's place: whoever is in it is replaced when it ends by itself. */
export interface Place {
  /** Who is there now. Undefined: nobody, for a moment. */
  current(): Worker | undefined;
  /** Drains it, cuts at the signal, and resolves when no process is left. */
  stop(cut: AbortSignal): Promise<void>;
}

export interface PlaceOptions {
  /** Starts a worker; rejects if it can't serve, or when the signal aborts. */
  readonly start: (signal: AbortSignal) => Promise<Worker>;
  /** Told of each worker that ended without having been asked to. */
  readonly onLost: () => void;
  /** How long it may drain by itself. */
  readonly drainTimeoutMs: number;
  readonly log: Logger;
}

const backOffMinMs = 100;
const backOffMaxMs = 5_000;
/** A worker that lived this long ended for another reason than its predecessor. */
const steadyMs = 30_000;
/** How long a worker may take to end after its deadline, and after it was cut. */
const killAfterMs = 5_000;

/**
 * Starts a worker and keeps one running. Rejects if the first does not start:
 * that is something to correct, not to repeat. Later it is started again for as
 * long as it takes, 100 ms to 5 s apart.
 */
export async function keepRunning(options: PlaceOptions, signal: AbortSignal): Promise<Place> {
  const { start, onLost, log } = options;
  const stopping = new AbortController();
  let worker: Worker | undefined = await start(signal);
  log.info({ processId: worker.processId }, "a worker serves");

  async function replaceLost(): Promise<void> {
    let backOffMs = backOffMinMs;
    for (;;) {
      const since = performance.now();
      const how = await worker?.ended;
      if (stopping.signal.aborted) return;
      if (performance.now() - since > steadyMs) backOffMs = backOffMinMs;
      if (worker !== undefined) {
        log.error({ how }, "a worker ended");
        onLost();
      }
      worker = undefined;
      await wait(backOffMs, undefined, { signal: stopping.signal });
      backOffMs = Math.min(2 * backOffMs, backOffMaxMs);
      worker = await startAgain();
    }
  }

  async function startAgain(): Promise<Worker | undefined> {
    try {
      const next = await start(stopping.signal);
      log.warn({ processId: next.processId }, "a worker serves again");
      return next;
    } catch (err) {
      stopping.signal.throwIfAborted();
      log.error({ err }, "a worker did not start again");
      return undefined;
    }
  }

  // Its waits end with an error once it is to stop, and only then.
  const done = replaceLost().catch(() => undefined);
  return {
    current: () => worker,
    async stop(cut) {
      stopping.abort();
      if (worker) await stopWorker(worker, options.drainTimeoutMs, cut);
      await done;
    },
  };
}

async function stopWorker(worker: Worker, drainTimeoutMs: number, cut: AbortSignal): Promise<void> {
  worker.stop();
  // It keeps the deadline by itself; the first timer is for one that hangs, the
  // second for one that hangs although it was cut.
  const timers = [setTimeout(worker.kill, drainTimeoutMs + killAfterMs)];
  const onCut = () => {
    worker.stop();
    timers.push(setTimeout(worker.kill, killAfterMs));
  };
  if (cut.aborted) onCut();
  else cut.addEventListener("abort", onCut, { once: true });
  try {
    await worker.ended;
  } finally {
    cut.removeEventListener("abort", onCut);
    for (const timer of timers) clearTimeout(timer);
  }
}
