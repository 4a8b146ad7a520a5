import type { SpoolRecorder } from "@aibridge/aibridge";
import { addressText, type Check, type ListenAddress, type Logger } from "@aibridge/runtime";
import type { Registry } from "prom-client";
import type { AibridgedConfig } from "../config.ts";
import { keepRunning, type Place } from "./keep-running.ts";
import type { MetricsSnapshot, StartMessage } from "./messages.ts";
import { createSummedMetrics } from "./summed-metrics.ts";
import { startWorker, type Worker } from "./worker.ts";

export interface WorkersOptions {
  readonly config: AibridgedConfig;
  /** Where all of them listen: a port, not 0. */
  readonly listen: ListenAddress;
  readonly recorder: Pick<SpoolRecorder, "encoded" | "record">;
  /** Told of each that ended without having been asked to. */
  readonly onLost: () => void;
  readonly log: Logger;
}

/** Whether anybody serves, and how many. */
type WorkersCheck = Check & { readonly ready: number; readonly of: number };

/** Processes that serve on one port. Disposing kills what is left of them. */
export interface Workers extends AsyncDisposable {
  /** Asks them, for a second at most. One that is ready is enough. */
  check(): Promise<WorkersCheck>;
  /** What all of them counted, those that died among them, and this snapshot. */
  metrics(own: MetricsSnapshot): Promise<Registry>;
  /** Drains them, cuts them at the signal, and resolves when all are gone. */
  stop(cut: AbortSignal): Promise<void>;
}

/** Starts as many workers as configured. Rejects, leaving none, if one of them can't serve. */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { config, log } = options;
  const metrics = createSummedMetrics();
  const starting = new AbortController();
  const open = (worker: number) => {
    const start = async (signal: AbortSignal) => {
      const started = await startWorker(
        { worker, variables: variablesFor(options), recorder: options.recorder, log },
        signal,
      );
      void started.ended.then(() => metrics.forget(started));
      return started;
    };
    const { drainTimeoutMs } = config;
    const { onLost } = options;
    const placeLog = log.child({ worker });
    return keepRunning({ start, onLost, drainTimeoutMs, log: placeLog }, starting.signal);
  };
  const places = await allOrNone(
    Array.from({ length: config.workers }, (_, i) => open(i + 1)),
    starting,
  );
  const stop = async (cut: AbortSignal) => {
    await Promise.all(places.map((place) => place.stop(cut)));
  };
  return {
    check: () => checkWorkers(places),
    async metrics(own) {
      const ask = async (worker: Worker) => {
        const snapshot = await worker.ask("metrics");
        if (snapshot) metrics.add(worker, snapshot);
      };
      await Promise.all(serving(places).map(ask));
      return metrics.sum(own);
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      for (const { kill } of serving(places)) kill();
      await stop(AbortSignal.abort());
    },
  };
}

/** What this process was told, with the port that it picked. */
function variablesFor({ config, listen }: WorkersOptions): StartMessage["variables"] {
  const variables: StartMessage["variables"] = JSON.parse(config.source.reveal());
  return { ...variables, AIBRIDGE_GATEWAY_LISTEN: addressText(listen) };
}

/** When one rejects the others are stopped, and the first reason is thrown. */
async function allOrNone(
  opening: readonly Promise<Place>[],
  starting: AbortController,
): Promise<Place[]> {
  try {
    return await Promise.all(opening);
  } catch (error) {
    starting.abort(error);
    const settled = await Promise.allSettled(opening);
    const places = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    for (const { kill } of serving(places)) kill();
    await Promise.all(places.map((place) => place.stop(AbortSignal.abort())));
    throw error;
  }
}

function serving(places: readonly Place[]): Worker[] {
  return places.flatMap((place) => place.current() ?? []);
}

async function checkWorkers(places: readonly Place[]): Promise<WorkersCheck> {
  const of = places.length;
  const answers = await Promise.all(serving(places).map((worker) => worker.ask("readiness")));
  const failing = answers.map((checks) => {
    if (!checks) return "it does not answer";
    return Object.values(checks).flatMap((check) => (check.ok ? [] : check.why))[0];
  });
  const ready = failing.filter((why) => why === undefined).length;
  if (ready > 0) return { ok: true, ready, of };
  return { ok: false, why: `no worker is ready: ${failing[0] ?? "none runs"}`, ready, of };
}
