import type { Metrics, Readiness } from "@aibridge/runtime";

// What a keeper and its workers tell each other over the channel that Node
// opens between them. Both are started from the same files and nobody else can
// write there, so the types are taken on trust.

/** What the metrics of a worker were at some moment. */
export type MetricsSnapshot = Awaited<ReturnType<Metrics["getMetricsAsJSON"]>>;

/** What a keeper may ask, and how it is answered. */
export interface Answers {
  readonly readiness: Readiness;
  readonly metrics: MetricsSnapshot;
}
export type Question = keyof Answers;

/** The variables of the configuration, and who the worker is: a number from 1 on. */
export interface StartMessage {
  readonly type: "start";
  readonly worker: number;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export type KeeperMessage =
  | StartMessage
  /** The first time drain, the second time cut. */
  | { readonly type: "stop" }
  | { readonly type: "ask"; readonly id: number; readonly question: Question };

export type WorkerMessage =
  | { readonly type: "serving" }
  /** It can't serve, and ends. */
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answers[Question] };

/** The descriptor at which a worker finds its link to the keeper; the channel is the one before. */
export const linkDescriptor = 4;
