/** How long clients may take. In milliseconds; 0 means for ever. */
export interface ClientDeadlines {
  /** For the headers of a request to come; of a connection's first one, from its opening. */
  readonly headersMs: number;
  /** For the body after them. */
  readonly bodyMs: number;
  /** For taking any part of an answer that waits to be taken. */
  readonly idleMs: number;
}

export const defaultClientDeadlines: ClientDeadlines = {
  headersMs: 20_000,
  bodyMs: 280_000,
  idleMs: 600_000,
};

/** The options of a `node:http` server that keep them, but for `idleMs`. */
export function serverLimits({ headersMs, bodyMs }: ClientDeadlines) {
  return {
    headersTimeout: headersMs,
    /** From a request's beginning; its answer may take as long as it needs. */
    requestTimeout: headersMs === 0 || bodyMs === 0 ? 0 : headersMs + bodyMs,
    /** By default Node looks twice a minute only, and is late by that much. */
    connectionsCheckingInterval: lookEveryMs(headersMs, bodyMs),
    /** Longer than the 60 s after which load balancers usually let go: they should go first. */
    keepAliveTimeout: 75_000,
    maxHeaderSize: 64 * 1_024,
    /** The listener does it, for it answers in the gateway's own words. */
    requireHostHeader: false,
  };
}

function lookEveryMs(...deadlines: readonly number[]): number {
  const shortest = Math.min(...deadlines.filter((ms) => ms > 0), 20_000);
  return Math.max(100, Math.floor(shortest / 4));
}
