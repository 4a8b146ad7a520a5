import { flushCompileCache } from "node:module";
import { forgetStart } from "./forget-start.ts";
import { keepTick } from "./keep-tick.ts";
import { letHeapGrow } from "./let-heap-grow.ts";
import { flushed, type Logger } from "./log.ts";

/** What a process is told by its surroundings, and how it tells them that it is ready. */
export interface ProcessContext {
  readonly log: Logger;
  /** Aborted by the first SIGTERM or SIGINT: stop accepting, let running work end. */
  readonly drain: AbortSignal;
  /** Aborted by the second: let nothing more end. */
  readonly cut: AbortSignal;
  /** Says that the process serves, and where. Call it once. */
  announce(ready: object): void;
}

/**
 * Whatever may ask a process to end, once or twice. It calls `ask` with a
 * name for the log, until the function it returned is called.
 */
export type StopSource = (ask: (asker: string) => void) => () => void;

/** What `runProcess` needs to make the context. */
export interface RunProcessOptions {
  readonly log: Logger;
  readonly announce: (ready: object) => void;
  /** Default: `stopSignals`. */
  readonly stopSource?: StopSource;
}

/** SIGTERM and SIGINT, as supervisors and terminals send them. */
export const stopSignals: StopSource = (ask) => {
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) process.on(signal, ask);
  return () => {
    for (const signal of signals) process.removeListener(signal, ask);
  };
};

/**
 * Runs the main function of a process. Settles as it settles, with nothing
 * left behind: its listeners are gone and its log lines written. After the
 * second signal the default action is back, so a third one kills.
 *
 * An error that nobody caught leaves the process in a state that nobody
 * planned: it is logged as fatal, and the process exits with code 1 so that
 * its supervisor starts a fresh one.
 */
export async function runProcess(
  main: (context: ProcessContext) => Promise<void>,
  { log, announce, stopSource = stopSignals }: RunProcessOptions,
): Promise<void> {
  const drain = new AbortController();
  const cut = new AbortController();
  const stopListening = stopSource((asker) => {
    if (!drain.signal.aborted) {
      log.info({ asker }, "draining");
      drain.abort();
      return;
    }
    log.warn({ asker }, "cutting what still runs");
    stopListening();
    cut.abort();
  });
  const onUncaught = (err: unknown, origin: string) => {
    log.fatal({ err, origin }, "an error that nobody caught");
    void flushed(log).then(() => process.exit(1));
  };
  // Node raises an unhandled rejection as an uncaught exception, with the
  // origin "unhandledRejection", so that one listener hears both.
  process.on("uncaughtException", onUncaught);
  const announceServing = (ready: object) => {
    // All of these hold the process up for a moment: better before it says that it serves.
    flushCompileCache();
    letHeapGrow();
    forgetStart();
    announce(ready);
  };
  try {
    await keepTick();
    await main({ log, drain: drain.signal, cut: cut.signal, announce: announceServing });
  } finally {
    stopListening();
    process.removeListener("uncaughtException", onUncaught);
    await flushed(log);
  }
}
