import { createLogger, type LogLevel, type ProcessContext, runProcess } from "@aibridge/runtime";
import { show } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";

/** A service to run in this process. */
export interface ServiceRun {
  readonly name: string;
  readonly logLevel: LogLevel;
  /** Whether to announce in JSON. */
  readonly json: boolean;
  /** What to tell people once it serves. */
  readonly sentence: (ready: object) => string;
  readonly main: (context: ProcessContext) => Promise<void>;
}

/**
 * Runs a service in the foreground until it is told to stop and has drained.
 * When it serves it says so: on stdout, or to the `up` that started it.
 */
export async function runService(
  { name, logLevel, json, sentence, main }: ServiceRun,
  { stdout, supervisor }: Surroundings,
): Promise<void> {
  const log = createLogger({ name, level: logLevel });
  if (supervisor === undefined) {
    const announce = (ready: object) => show(stdout, json, { json: ready, text: sentence(ready) });
    await runProcess(main, { log, announce });
    return;
  }
  const announce = (ready: object) => void supervisor.tell({ type: "ready", ready: { ...ready } });
  await runProcess(main, { log, announce, stopSource: supervisor.stopSource });
}
