import type { ServerEvent } from "./server-events.ts";

/**
 * Holds back what follows the beginning of the client's newest call: only when
 * the turn is over is it known whether its id must carry anything.
 */
export class HeldCall {
  #events: ServerEvent[] | undefined;

  /** A client's call begins: what was held is free, and is returned. */
  begin(): ServerEvent[] {
    const free = this.release();
    this.#events = [];
    return free;
  }

  /** The event itself, unless it is held. */
  pass(event: ServerEvent): ServerEvent[] {
    if (!this.#events) return [event];
    this.#events.push(event);
    return [];
  }

  release(): ServerEvent[] {
    const free = this.#events ?? [];
    this.#events = undefined;
    return free;
  }
}
