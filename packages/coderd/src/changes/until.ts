import { type EventEmitter, once } from "node:events";

/**
 * Looks at every event whether it is so, and before the first. Resolves to true
 * once it is, to false if `signal` is aborted before. Leaves no listener.
 */
export async function until(
  isSo: () => boolean,
  events: EventEmitter,
  event: string,
  signal: AbortSignal,
): Promise<boolean> {
  while (!isSo()) {
    if (signal.aborted) return false;
    await once(events, event, { signal }).catch(() => {});
  }
  return true;
}
