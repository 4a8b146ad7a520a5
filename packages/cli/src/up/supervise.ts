import { setTimeout as wait } from "node:timers/promises";
import type { ConfigSource, Logger } from "@aibridge/runtime";
import { type Child, type Ready, startChild } from "./child.ts";

/** What to run, and what its process is to know. */
export interface SuperviseOptions {
  readonly command: "coderd" | "aibridged";
  /**
   * The environment of the process. `ready` is what its predecessor said, so
   * that a port that was picked stays the same.
   */
  readonly env: (ready: Ready | undefined) => ConfigSource;
  readonly log: Logger;
  /** How long it may drain before it is cut, and then how long before it is killed. */
  readonly drainTimeoutMs: number;
}

/** A service that is started again whenever it ends by itself. */
export interface Service {
  /** What it said when it served first. */
  readonly ready: Ready;
  /** Drains it, cuts at the signal, and resolves when no process is left. */
  stop(cut: AbortSignal): Promise<void>;
}

const backOffMinMs = 100;
const backOffMaxMs = 5_000;
/** A process that lived this long ended for another reason than its predecessor. */
const steadyMs = 30_000;
/** How long a process may take to end after it was cut. */
const killAfterMs = 5_000;

/**
 * Starts a service and keeps it running. Rejects if it does not start the first
 * time: that is something to correct, not to repeat. Later it is started again
 * for as long as it takes, 100 ms to 5 s apart.
 */
export async function supervise(options: SuperviseOptions, signal: AbortSignal): Promise<Service> {
  const { command, env, log, drainTimeoutMs } = options;
  const stopping = new AbortController();
  let child: Child | undefined = await startChild(command, env(undefined), signal);
  const { ready, processId } = child;
  log.info({ service: command, processId, ...ready }, "a service serves");

  const keepRunning = async () => {
    let backOffMs = backOffMinMs;
    while (!stopping.signal.aborted) {
      const since = Date.now();
      const how = await child?.ended;
      if (stopping.signal.aborted) return;
      if (Date.now() - since > steadyMs) backOffMs = backOffMinMs;
      if (child !== undefined) log.error({ service: command, how }, "a service ended");
      child = undefined;
      await wait(backOffMs, undefined, { signal: stopping.signal });
      backOffMs = Math.min(2 * backOffMs, backOffMaxMs);
      child = await restarted(options, ready, stopping.signal);
    }
  };
  // Its waits end with an error once the service is to stop, and only then.
  const done = keepRunning().catch(() => undefined);
  return {
    ready,
    async stop(cut) {
      stopping.abort();
      await stopChild(child, drainTimeoutMs, cut);
      await done;
    },
  };
}

/** The next process, or undefined if that did not start either. */
async function restarted(
  { command, env, log }: SuperviseOptions,
  ready: Ready,
  signal: AbortSignal,
): Promise<Child | undefined> {
  try {
    const child = await startChild(command, env(ready), signal);
    const { processId } = child;
    log.warn({ service: command, processId }, "a service serves again");
    return child;
  } catch (err) {
    signal.throwIfAborted();
    log.error({ service: command, err }, "a service did not start again");
    return undefined;
  }
}

async function stopChild(
  child: Child | undefined,
  drainTimeoutMs: number,
  cut: AbortSignal,
): Promise<void> {
  if (child === undefined) return;
  child.stop();
  // The child keeps the drain timeout by itself; the first timer is for one that
  // hangs, the second for one that hangs although it was cut.
  const timers = [setTimeout(child.kill, drainTimeoutMs + killAfterMs)];
  const onCut = () => {
    child.stop();
    timers.push(setTimeout(child.kill, killAfterMs));
  };
  if (cut.aborted) onCut();
  else cut.addEventListener("abort", onCut, { once: true });
  try {
    await child.ended;
  } finally {
    cut.removeEventListener("abort", onCut);
    for (const timer of timers) clearTimeout(timer);
  }
}
