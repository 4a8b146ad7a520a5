import type { AnswerFacts } from "../intercept/answer.ts";
import { Refusal } from "../refusal.ts";
import type { RelayEnd } from "../relay/relay.ts";
import type { InterceptionEnded, InterceptionErrorType } from "./events.ts";

/** As long as an error's words may be on record (wire.md, section 7). */
const errorMessageMax = 1_024;

/**
 * How an interception ended.
 *
 * @param outcome how the relay ended, or what refused the request instead.
 * @param arrivedAt when the request came, by `performance.now`.
 */
export function endedFrom(
  outcome: RelayEnd | Error,
  answer: AnswerFacts | undefined,
  upstreamRequestId: string,
  arrivedAt: number,
): InterceptionEnded {
  if (outcome instanceof Error) return refused(outcome);
  const { upstreamStatus, askedAt, firstByteAt, answeredAt } = outcome;
  const errorMessage = (answer?.errorEvent ?? outcome.error?.message ?? "").slice(
    0,
    errorMessageMax,
  );
  const failed = (upstreamStatus ?? 0) >= 400 || answer?.errorEvent !== undefined;
  const status = outcome.status === "completed" && failed ? "failed" : outcome.status;
  const waitedMs = firstByteAt === undefined ? undefined : firstByteAt - askedAt;
  const answeredMs = answeredAt === undefined ? undefined : answeredAt - arrivedAt;
  return {
    status,
    errorType: status === "failed" ? errorTypeOf(upstreamStatus, outcome.error) : undefined,
    errorMessage,
    upstreamStatus,
    upstreamRequestId,
    timeToFirstByteMs: firstByteAt === undefined ? undefined : firstByteAt - arrivedAt,
    gatewayOverheadMs:
      waitedMs === undefined || answeredMs === undefined ? undefined : answeredMs - waitedMs,
  };
}

/** Nothing was answered: the provider could not be asked, or the caller lost its right to. */
function refused(error: Error): InterceptionEnded {
  return {
    status: "failed",
    errorType: refusalType(error),
    errorMessage: error.message.slice(0, errorMessageMax),
    upstreamStatus: undefined,
    upstreamRequestId: "",
    timeToFirstByteMs: undefined,
    gatewayOverheadMs: undefined,
  };
}

function refusalType(error: Error): InterceptionErrorType {
  if (!(error instanceof Refusal)) return "server_error";
  if (error.status === 401 || error.status === 403) return "unauthorized";
  return error.status === 504 ? "timeout" : "server_error";
}

function errorTypeOf(status: number | undefined, error: Error | undefined): InterceptionErrorType {
  if (error instanceof Refusal) return refusalType(error);
  const code = error && "code" in error ? String(error.code) : "";
  if (code.endsWith("TIMEOUT")) return "timeout";
  if (status === undefined || status < 400) return "unknown";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 408 || status === 504) return "timeout";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  return status < 500 ? "bad_request" : "server_error";
}
