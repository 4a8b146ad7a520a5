import type { Outcomes } from "../load.ts";
import type { ArrivalKind } from "./arrivals.ts";
import type { OpenLoopFigures } from "./run-open-loop.ts";

/** What `processes/open-load.ts` is to do: blocking requests, when they are due. */
export interface OpenLoadJob {
  readonly url: string;
  readonly path: string;
  readonly apiKey: string;
  readonly bodyBytes: number;
  readonly arrivals: ArrivalKind;
  readonly perSecond: number;
  /** At most so many at once; further requests wait for one, in the figures. */
  readonly connections: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What came of it. */
export interface OpenLoadResult extends OpenLoopFigures, Outcomes {}
