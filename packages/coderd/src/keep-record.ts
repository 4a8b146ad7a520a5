import { setTimeout } from "node:timers/promises";
import type { ServiceContext } from "./services/context.ts";

const intervalMsDefault = 3_600_000;

/**
 * Keeps the record in shape: at once and then every `intervalMs` it makes the
 * partitions of the coming days and drops those past retention. Any number of
 * processes may do so. A failure is logged and the next round tries again: until
 * then the record is only longer than it should be, because a batch makes the
 * partitions that it misses. Disposing ends it.
 */
export function keepRecord(
  context: Pick<ServiceContext, "store" | "now" | "log" | "retentionDays">,
  intervalMs = intervalMsDefault,
): AsyncDisposable {
  const ended = new AbortController();
  const keeping = keep(context, intervalMs, ended.signal);
  return {
    [Symbol.asyncDispose]: () => {
      ended.abort();
      return keeping;
    },
  };
}

async function keep(
  {
    store,
    now,
    log,
    retentionDays,
  }: Pick<ServiceContext, "store" | "now" | "log" | "retentionDays">,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { dropped, sessionsDeleted } = await store.record.maintain(now(), retentionDays);
      if (dropped.length > 0 || sessionsDeleted > 0) {
        log.info({ days: dropped, sessionsDeleted }, "the record past retention was dropped");
      }
    } catch (err) {
      log.warn({ err }, "the record was not maintained");
    }
    await setTimeout(intervalMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
