import type { OpenLoopFigures } from "../open-loop/run-open-loop.ts";

/** What `processes/soak-load.ts` is to do. */
export interface SoakJob {
  readonly url: string;
  readonly path: string;
  readonly apiKey: string;
  readonly perSecond: number;
  readonly connections: number;
  readonly minutes: number;
}

/** What came of a minute. */
export interface SoakMinute extends OpenLoopFigures {
  /** Answered 200, to the end. */
  readonly served: number;
  /** Left by the client, after the answer had begun. */
  readonly cut: number;
  /** Refused for their key. */
  readonly refused: number;
  /** What should not have happened, by status or by what went wrong. */
  readonly unexpected: Readonly<Record<string, number>>;
}
