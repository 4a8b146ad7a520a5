import { setTimeout } from "node:timers/promises";
import type { HealthState } from "@aibridge/runtime";
import type { ServiceContext } from "./services/context.ts";
import { services } from "./services/routes.ts";

const intervalMsDefault = 5_000;

/**
 * Keeps health honest: a coderd whose database does not answer is not serving,
 * and serves again when it does. Starts from serving, since the store was just
 * opened, and asks every `intervalMs`. Disposing ends it.
 */
export function watchStore(
  health: HealthState,
  context: Pick<ServiceContext, "store" | "log">,
  intervalMs = intervalMsDefault,
): AsyncDisposable {
  const ended = new AbortController();
  const watching = watch(health, context, intervalMs, ended.signal);
  return {
    [Symbol.asyncDispose]: () => {
      ended.abort();
      return watching;
    },
  };
}

async function watch(
  health: HealthState,
  { store, log }: Pick<ServiceContext, "store" | "log">,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  let wasServing = true;
  setHealth(health, wasServing);
  while (!signal.aborted) {
    await setTimeout(intervalMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const failure = await store.ping().then(
      () => undefined,
      (err: unknown) => ({ err }),
    );
    const isServing = failure === undefined;
    if (isServing === wasServing) continue;
    wasServing = isServing;
    setHealth(health, isServing);
    if (failure === undefined) log.info("the store answers again");
    else log.warn(failure, "the store does not answer");
  }
}

function setHealth(health: HealthState, isServing: boolean): void {
  health.set(isServing);
  for (const service of services) health.set(isServing, service);
}
