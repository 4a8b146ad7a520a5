/** What `processes/stream-load.ts` is to do. */
export interface StreamJob {
  readonly url: string;
  readonly path: string;
  readonly apiKey: string;
  readonly streams: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What came through while it looked. Delays from when the upstream wrote an event, in microseconds. */
export interface StreamResult {
  readonly events: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** Streams that ended, and should not have. */
  readonly lost: number;
  /** How often one was refused before all were open. */
  readonly refused: number;
}
