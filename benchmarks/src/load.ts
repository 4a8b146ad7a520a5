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

/** Times from when a request was sent, in microseconds. */
export interface LoadFigures {
  readonly answered: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly firstByteP50Us: number;
}

/** What came of a job. */
export interface LoadResult extends LoadFigures, Outcomes {}

/** What must be true of every job, whatever it measures. */
export interface Outcomes {
  /** All requests that were sent, while warming up too. */
  readonly asked: number;
  /** Requests that were not answered 200, by status or by what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
}
