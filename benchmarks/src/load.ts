/** What to ask for, how, and for how long. */
export interface LoadJob {
  readonly url: string;
  readonly path: string;
  readonly apiKey: string;
  readonly mode: "blocking" | "stream" | "hold";
  readonly bodyBytes: number;
  readonly connections: number;
  /** Requests per second over all connections; undefined for as many as are answered. */
  readonly perSecond?: number | undefined;
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What came of it. Times from when a request was sent, in microseconds. */
export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly firstByteP50Us: number;
}
