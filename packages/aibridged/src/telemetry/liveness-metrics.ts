import {
  type Authorizer,
  GatewayKeyRefusedError,
  type InvalidationSource,
  NotAuthorizedError,
} from "@aibridge/aibridge";
import type { Metrics } from "@aibridge/runtime";
import { Counter } from "prom-client";

/** What came of asking coderd whether a credential holds: yes, no, or no answer. */
type AskOutcome = "accepted" | "refused" | "unanswered";

export interface LivenessMetricsOptions {
  /** How long there may be no news until it is a lapse. */
  readonly silenceMs: number;
  /** Default: the process's own clock, in milliseconds. */
  readonly now?: () => number;
}

/** Counts how the gateway comes to know which keys live. */
export interface LivenessMetrics {
  /** The same authorizer; what comes of each question is counted. */
  countAsks(authorizer: Authorizer): Authorizer;
  /** Counts the lapses of a source, for as long as it tells anything. */
  countLapses(source: InvalidationSource): void;
}

/** The metrics `aibridge_authorizer_asks_total` and `aibridge_liveness_lapses_total`. */
export function createLivenessMetrics(
  metrics: Metrics,
  { silenceMs, now = () => performance.now() }: LivenessMetricsOptions,
): LivenessMetrics {
  const asks = createAskCounter(metrics);
  return {
    countAsks: (authorizer) => ({
      async isAuthorized(credential, signal) {
        try {
          const authorization = await authorizer.isAuthorized(credential, signal);
          asks.inc({ outcome: "accepted" satisfies AskOutcome });
          return authorization;
        } catch (error) {
          if (!signal.aborted) asks.inc({ outcome: outcomeOf(error) });
          throw error;
        }
      },
    }),
    countLapses(source) {
      source.subscribe(createLapseCounter(metrics, silenceMs, now));
    },
  };
}

function createAskCounter(metrics: Metrics): Counter<"outcome"> {
  const asks = new Counter({
    name: "aibridge_authorizer_asks_total",
    help: "Questions to coderd whether a key holds, by what came of them. Remembered keys need none.",
    labelNames: ["outcome"] as const,
    registers: [metrics],
  });
  // A rate over a series that begins with its first event misses that one.
  for (const outcome of ["accepted", "refused", "unanswered"] satisfies AskOutcome[]) {
    asks.inc({ outcome }, 0);
  }
  return asks;
}

function outcomeOf(error: unknown): AskOutcome {
  const isNo = error instanceof NotAuthorizedError || error instanceof GatewayKeyRefusedError;
  return isNo ? "refused" : "unanswered";
}

/**
 * A lapse is looked for when it ends and whenever somebody looks at the metric,
 * so it takes no timer to count each once. @returns is to be told of all news.
 */
function createLapseCounter(metrics: Metrics, silenceMs: number, now: () => number): () => void {
  let heardAt = Number.POSITIVE_INFINITY;
  let isCounted = false;
  const lapses = new Counter({
    name: "aibridge_liveness_lapses_total",
    help: "How often coderd was not heard for longer than the silence bound, and each request asked.",
    registers: [metrics],
    collect: look,
  });
  function look(): void {
    if (isCounted || now() - heardAt < silenceMs) return;
    isCounted = true;
    lapses.inc();
  }
  return () => {
    look();
    heardAt = now();
    isCounted = false;
  };
}
