import type { AnswerMode } from "../request.ts";

/** A kind of request, how often it comes, and what must come of it. */
export interface TrafficKind {
  readonly mode: AnswerMode;
  readonly bodyBytes: number;
  /** Of all requests. The parts of all kinds add up to 1. */
  readonly share: number;
  readonly ends: "served" | "cut" | "refused";
}

/** What comes to a gateway in a day, in the parts of a minute. No kind has tools. */
export const traffic = {
  short: { mode: "blocking", bodyBytes: 1_000, share: 0.5, ends: "served" },
  long: { mode: "blocking", bodyBytes: 40_000, share: 0.1, ends: "served" },
  streaming: { mode: "stream", bodyBytes: 4_000, share: 0.29, ends: "served" },
  /** A client that leaves in the middle of a stream. */
  leaving: { mode: "hold", bodyBytes: 1_000, share: 0.1, ends: "cut" },
  /** A key that nobody gave out. */
  stranger: { mode: "blocking", bodyBytes: 1_000, share: 0.01, ends: "refused" },
} as const satisfies Readonly<Record<string, TrafficKind>>;

export type TrafficName = keyof typeof traffic;

/** Which kind comes next. `at` is uniform in [0, 1). */
export function kindAt(at: number): TrafficName {
  let below = 0;
  for (const [name, { share }] of entries) {
    below += share;
    if (at < below) return name;
  }
  return "short";
}

const entries = Object.entries(traffic) as [TrafficName, TrafficKind][];
