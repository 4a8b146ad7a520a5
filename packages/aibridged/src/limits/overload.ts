import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Logger } from "@aibridge/runtime";

/** How often the delay is looked at. */
const lookEveryMs = 500;
const nsPerMs = 1e6;

export interface OverloadWatch extends Disposable {
  readonly isOverloaded: () => boolean;
}

/**
 * Watches how late the event loop is. A process that is late with everything
 * serves nobody well, so new requests are refused until it has caught up. The
 * mean of half a second counts, not its worst moment: a single long pause, such
 * as a garbage collection, is over when it is noticed. 0 watches nothing.
 */
export function watchOverload(delayMs: number, log: Logger): OverloadWatch {
  if (delayMs === 0) return { isOverloaded: () => false, [Symbol.dispose]: () => {} };
  let overloaded = false;
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const look = setInterval(() => {
    const meanMs = delay.count > 0 ? delay.mean / nsPerMs : 0;
    delay.reset();
    if (meanMs > delayMs !== overloaded) {
      overloaded = !overloaded;
      const fields = { event_loop_delay_ms: Math.round(meanMs) };
      if (overloaded) log.warn(fields, "overloaded: new requests are refused");
      else log.info(fields, "no longer overloaded");
    }
  }, lookEveryMs).unref();
  return {
    isOverloaded: () => overloaded,
    [Symbol.dispose]: () => {
      clearInterval(look);
      delay.disable();
    },
  };
}
