import { RequestBody } from "../body.ts";
import type { ResponseSink } from "../exchange.ts";
import { filterHeaders } from "../headers.ts";
import type { TokenUsage } from "../record/events.ts";
import type { InterceptionRecord } from "../record/interception-record.ts";
import type { RelayEnd, UpstreamRequest } from "../relay/relay.ts";
import type { AdmittedRequest } from "../request-handler.ts";
import type { ToolRun } from "../tool-loop/prepare.ts";
import type { RanCall } from "../tool-loop/run-calls.ts";
import { runToolLoop } from "../tool-loop/tool-loop.ts";
import type { Answers } from "./answers.ts";
import type { Interception, InterceptOptions } from "./intercept.ts";

/** What an interception lends to its tool loop. */
interface Lent {
  readonly request: AdmittedRequest;
  readonly interception: Interception;
  readonly options: InterceptOptions;
  readonly record: InterceptionRecord;
  /** Resolves when the start is on record. */
  readonly admission: Promise<void>;
  readonly answers: Answers;
  readonly ask: Ask;
  /** Told how the whole answer ended, before the caller can know that it has. */
  beforeEnd(end: RelayEnd): void;
}

/** Relays one request and its answer; tells of its end as the relay's `beforeEnd`. */
export type Ask = (
  upstream: UpstreamRequest,
  response: ResponseSink,
  beforeEnd: (end: RelayEnd) => void,
) => Promise<RelayEnd>;

/** Relays a request of which the gateway runs some tools. @throws as `relay`. */
export async function answerWithTools(run: ToolRun, lent: Lent): Promise<RelayEnd> {
  const { request, interception, options, admission } = lent;
  const { format, upstream, filter } = interception;
  return await runToolLoop({
    format,
    run,
    body: upstream.body,
    // What is filtered from an answer, the client did not ask for.
    wantsUsage: filter === undefined,
    response: request.exchange.response,
    signal: request.exchange.signal,
    admission,
    ask: askInRounds(lent),
    beforeEnd: lent.beforeEnd,
    onCall: (ran, responseId) => lent.record.injectedCall(injectedCallFrom(ran, responseId)),
    responseIds: options.responseIds,
    log: options.log,
    logFields: request.logFields,
    clock: options.clock,
    limits: options.toolLoop,
  });
}

function askInRounds({ interception, admission, answers, ask }: Lent) {
  let { upstream } = interception;
  return async (body: Buffer, sink: ResponseSink, beforeEnd: (end: RelayEnd) => void) => {
    const end = await ask({ ...upstream, body: new RequestBody(body) }, sink, beforeEnd);
    await admission;
    const answer = answers.finish(end.status === "completed");
    // What follows is another request, and no repetition of this one.
    const headers = filterHeaders(upstream.headers, (name) => name !== "idempotency-key");
    upstream = { ...upstream, headers };
    return { end, responseId: answer?.responseId ?? "", tokens: tokensOf(answer?.usage) };
  };
}

function tokensOf(usage: TokenUsage | undefined): number {
  if (!usage) return 0;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

function injectedCallFrom({ call, tool, outcome }: RanCall, providerResponseId: string) {
  return {
    providerResponseId,
    providerToolCallId: call.id,
    tool: tool?.toolName ?? call.name,
    arguments: call.arguments,
    serverUrl: tool?.serverUrl ?? "",
    invocationError: outcome.invocationError ?? "",
  };
}
