import { clientOf } from "../client/client.ts";
import { sessionIdOf } from "../client/session-id.ts";
import { headerValue, type RawHeaders } from "../headers.ts";
import { hideKeys } from "../key-forms.ts";
import type { Log } from "../log.ts";
import type { Redactor } from "../privacy/redactor.ts";
import type { Provider } from "../providers/provider.ts";
import type { UpstreamCredential } from "../providers/upstream-credential.ts";
import type { Clock } from "../record/clock.ts";
import { endedFrom } from "../record/ended.ts";
import type { InterceptionStarted } from "../record/events.ts";
import { InterceptionRecord } from "../record/interception-record.ts";
import type { Recorder } from "../record/recorder.ts";
import {
  type RelayEnd,
  relay,
  type UpstreamDeadlines,
  type UpstreamRequest,
} from "../relay/relay.ts";
import type { AdmittedRequest } from "../request-handler.ts";
import type { ToolLoopLimits } from "../tool-loop/limits.ts";
import type { ToolRun } from "../tool-loop/prepare.ts";
import type { ResponseIds } from "../tool-loop/response-ids.ts";
import type { UpstreamAsker, Upstreams } from "../upstream/upstreams.ts";
import type { AnswerFacts } from "./answer.ts";
import { type Ask, answerWithTools } from "./answer-with-tools.ts";
import { Answers } from "./answers.ts";
import type { ChunkFilter } from "./chat-completions/usage-chunk-filter.ts";
import type { Format, RequestFacts } from "./format.ts";
import type { Held } from "./held.ts";

export interface InterceptOptions {
  readonly upstreams: Upstreams;
  readonly recorder: Recorder;
  readonly redact: Redactor;
  readonly deadlines: UpstreamDeadlines;
  readonly log: Log;
  /** How far the gateway goes on by itself. Default: `defaultToolLoopLimits`. */
  readonly toolLoop?: Partial<ToolLoopLimits> | undefined;
  /** Default: none are kept. */
  readonly responseIds?: ResponseIds | undefined;
  /** For signs of life and the time of tool loops. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** A request to a bridged route, ready to be sent. */
export interface Interception {
  readonly provider: Provider;
  readonly format: Format;
  readonly facts: Omit<RequestFacts, "prompt">;
  /** What the user asked, until it is on record. */
  readonly prompt: Held<string | undefined>;
  readonly upstream: UpstreamRequest;
  readonly credential: UpstreamCredential;
  /** Takes from the answer what only the gateway asked for. */
  readonly filter: ChunkFilter | undefined;
  /** The gateway's own tools in it; undefined if it has none. */
  readonly toolRun: ToolRun | undefined;
}

/**
 * Relays a request between its start and its end on record. The provider is
 * asked while the start becomes durable; no byte of its answer leaves before.
 * An answer that is complete is on record before the caller can see that it is.
 *
 * @throws Refusal if nothing was answered; the interception is on record all
 *   the same, unless it is the record that failed.
 */
export async function intercept(
  request: AdmittedRequest,
  interception: Interception,
  options: InterceptOptions,
): Promise<void> {
  const { exchange, telemetry, arrivedAt } = request;
  const { provider, format, upstream, filter, toolRun } = interception;
  const record = new InterceptionRecord(options.recorder, options.redact, provider.name);
  const started = startedFrom(request, interception);
  telemetry.interceptionStarted({ ...started, interceptionId: record.id, origin: provider.origin });
  telemetry.propagate(upstream.headers);
  const admission = record.start(started).then(() => {
    // Now and not at the end: a prompt whose answer was cut by a crash is known, too.
    const prompt = interception.prompt.take();
    if (prompt !== undefined) record.prompt(prompt);
  });
  let refusal: unknown;
  admission.catch((error) => {
    refusal = error;
  });

  const isInjected = (name: string) => toolRun?.injected.has(name) ?? false;
  const answers = new Answers({ format, telemetry, record, isInjected });
  let isFinished = false;
  const finish = (outcome: RelayEnd | Error, complete: boolean) => {
    if (isFinished) return;
    isFinished = true;
    const answer = answers.finish(complete);
    const ended = endedFrom(outcome, answer, answers.upstreamRequestId, arrivedAt);
    record.end(ended);
    telemetry.interceptionEnded(ended);
    logProblem(answer, outcome, request, options.log);
  };
  const dispatcher = options.upstreams.dispatcherFor({
    provider,
    authMode: request.authMode,
    model: interception.facts.model,
    // What a model answers is not bound to be asked for once only.
    repeatable: true,
    signal: exchange.signal,
    onAgain: logAgain(request, options.log),
  });
  const ask: Ask = (asked, response, beforeEnd) =>
    relay(dispatcher, asked, response, {
      deadlines: options.deadlines,
      signal: exchange.signal,
      admission,
      ownHeaders: ["x-request-id", request.requestId],
      streamError: format.streamError,
      watcher: answers.begin(),
      filter: toolRun ? undefined : filter,
      beforeEnd,
      beforeLastByte: toolRun ? undefined : () => record.writeNow(),
    });
  try {
    // So that whatever the provider was asked is on record, however this process ends.
    await record.written();
    if (refusal) throw refusal;
    const end = toolRun
      ? await answerWithTools(toolRun, {
          request,
          interception,
          options,
          record,
          admission,
          answers,
          ask,
          beforeEnd: (end) => {
            finish(end, true);
            record.writeNow();
          },
        })
      : await ask(upstream, exchange.response, (end) => finish(end, true));
    await admission;
    tellFirstByte(end, request);
    finish(end, end.status === "completed");
  } catch (error) {
    // The refusal is an answer too: it leaves after the start is durable.
    await admission;
    finish(error instanceof Error ? error : new Error(String(error)), false);
    record.writeNow();
    throw error;
  }
}

/** Says why a provider is asked once more. */
export function logAgain({ logFields }: AdmittedRequest, log: Log): UpstreamAsker["onAgain"] {
  return ({ status, keyId }) => {
    const fields = { ...logFields, upstream_status: status, provider_key_id: keyId };
    log.info(
      fields,
      keyId ? "provider key rests, the next is used" : "provider is asked once more",
    );
  };
}

function startedFrom(request: AdmittedRequest, interception: Interception): InterceptionStarted {
  const { exchange, caller } = request;
  const { provider, facts, credential } = interception;
  const client = clientOf(exchange.headers);
  return {
    initiatorId: caller.userId,
    apiKeyId: caller.apiKeyId,
    providerType: provider.type,
    providerName: provider.name,
    model: facts.model,
    client,
    clientSessionId: sessionIdOf(client, exchange.headers, facts.metadataUserId),
    userAgent: userAgentOf(exchange.headers),
    correlatingToolCallId: facts.correlatingToolCallId,
    credentialKind: credential.kind,
    credentialHint: credential.hint,
    delegated: caller.delegated,
    source: hideKeys(caller.source ?? ""),
    streaming: facts.streaming,
    metadata: { Username: caller.username },
  };
}

function userAgentOf(headers: RawHeaders): string {
  return hideKeys(headerValue(headers, "user-agent") ?? "").slice(0, 1_024);
}

function tellFirstByte(end: RelayEnd, { telemetry, arrivedAt }: AdmittedRequest): void {
  const { askedAt, firstByteAt, answeredAt } = end;
  if (firstByteAt === undefined || answeredAt === undefined) return;
  const timeToFirstByteMs = answeredAt - arrivedAt;
  telemetry.firstByte({
    timeToFirstByteMs,
    gatewayOverheadMs: timeToFirstByteMs - (firstByteAt - askedAt),
  });
}

function logProblem(
  answer: AnswerFacts | undefined,
  outcome: RelayEnd | Error,
  { logFields }: AdmittedRequest,
  log: Log,
): void {
  if (outcome instanceof Error) return; // The door logs it.
  if (outcome.error) log.warn({ ...logFields, err: outcome.error }, "answer broke off");
  if (answer?.problem && outcome.status === "completed" && (outcome.upstreamStatus ?? 0) < 400) {
    log.warn({ ...logFields, problem: answer.problem }, "answer could not be read");
  }
}
