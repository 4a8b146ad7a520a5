import type { RequestBody } from "../body.ts";
import type { ResponseSink } from "../exchange.ts";
import type { Format } from "../intercept/format.ts";
import type { JsonObject } from "../intercept/json.ts";
import type { Ending, InjectedCall, Turn } from "../intercept/tool-format.ts";
import type { Log } from "../log.ts";
import { type Clock, systemClock } from "../record/clock.ts";
import { cutBy, Refusal } from "../refusal.ts";
import { type RelayEnd, refusalFrom } from "../relay/relay.ts";
import { Budget } from "./budget.ts";
import { ClientAnswer } from "./client-answer.ts";
import { type DeferredCall, deferredId } from "./deferred-id.ts";
import { defaultToolLoopLimits, type ToolLoopLimits } from "./limits.ts";
import type { ToolRun } from "./prepare.ts";
import type { ResponseIds } from "./response-ids.ts";
import { type RoundOutcome, RoundSink } from "./round-sink.ts";
import { failed, type RanCall, runCalls } from "./run-calls.ts";

/** What came of asking the provider once. */
interface Asked {
  readonly end: RelayEnd;
  /** Of its answer; empty if it told none. */
  readonly responseId: string;
  /** Of all kinds. */
  readonly tokens: number;
}

/** What a tool loop works with, and for whom. */
export interface ToolLoopOptions {
  readonly format: Format;
  readonly run: ToolRun;
  /** Of the first request. */
  readonly body: RequestBody;
  /** Whether the client itself asked a chat stream for usage. */
  readonly wantsUsage: boolean;
  readonly response: ResponseSink;
  /** Aborts when the caller has left, or the exchange was cut with a refusal. */
  readonly signal: AbortSignal;
  /** Resolves when the start is on record: no tool runs before. */
  readonly admission: Promise<void>;
  /** Asks the provider, into a sink; tells of the end as `relay` does. @throws Refusal as `relay` does. */
  ask(body: Buffer, sink: ResponseSink, beforeEnd: (end: RelayEnd) => void): Promise<Asked>;
  /** Told how a completed answer ended, before the client can know that it has. */
  beforeEnd(end: RelayEnd): void;
  /** Puts a call on record. */
  onCall(ran: RanCall, responseId: string): void;
  /** Where it is kept by which id the provider goes on. */
  readonly responseIds?: ResponseIds | undefined;
  readonly log: Log;
  readonly logFields: object;
  readonly clock?: Clock | undefined;
  readonly limits?: Partial<ToolLoopLimits> | undefined;
}

/**
 * Answers a request in which tools of the gateway take part: asks the provider,
 * runs the tools that the model calls, asks again with what they gave, and so
 * on until the model has said all. The client sees one answer.
 *
 * Calls that stand beside calls for the client are not run here. They ride in
 * the id of one of those, and run when the client brings its results, on
 * whichever gateway.
 *
 * @throws Refusal while nothing was answered, as `relay` does.
 */
export async function runToolLoop(options: ToolLoopOptions): Promise<RelayEnd> {
  using loop = new ToolLoop(options);
  return await loop.run();
}

type TurnRound = Extract<RoundOutcome, { kind: "turn" }>;

class ToolLoop implements Disposable {
  readonly #options: ToolLoopOptions;
  readonly #limits: ToolLoopLimits;
  readonly #client: ClientAnswer;
  readonly #budget: Budget;
  /** The first round's, for it is what the client waited for. */
  #firstEnd: RelayEnd | undefined;
  /** The newest round's, once all of its answer has come. */
  #newestEnd: RelayEnd | undefined;
  #firstStoredAs: string | undefined;

  constructor(options: ToolLoopOptions) {
    const { format, run, wantsUsage, response, clock = systemClock } = options;
    this.#options = options;
    this.#limits = { ...defaultToolLoopLimits, ...options.limits };
    const isInjected = (name: string) => run.injected.has(name);
    const translator = format.tools.createTranslator({ isInjected, wantsUsage });
    const { keepAliveMs } = this.#limits;
    const beforeEnd = () => this.#beforeEnd();
    const answerOptions = { format: format.tools, clock, keepAliveMs, beforeEnd };
    this.#client = new ClientAnswer(response, translator, answerOptions);
    this.#budget = new Budget(this.#limits, clock);
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
    this.#budget[Symbol.dispose]();
  }

  async run(): Promise<RelayEnd> {
    try {
      return await this.#rounds();
    } catch (error) {
      return this.#breakOff(error);
    }
  }

  async #rounds(): Promise<RelayEnd> {
    let body = await this.#resume();
    for (;;) {
      const sink = this.#createSink();
      const asked = await this.#options.ask(body, sink, (end) => {
        this.#newestEnd = end;
      });
      this.#firstEnd ??= asked.end;
      const round = sink.outcome;
      if (asked.end.status !== "completed" || round.kind !== "turn") {
        return this.#settle(asked.end, round);
      }
      this.#budget.spendRound(asked.tokens);
      const next = await this.#nextRequest(body, round, asked);
      if (!next) return this.#ended(asked.end);
      body = next;
    }
  }

  /** Runs what an earlier turn deferred until the client came back with its own results. */
  async #resume(): Promise<Buffer> {
    const { run, format, admission } = this.#options;
    const body = this.#options.body.take();
    if (!run.deferred) return body;
    await admission;
    const ran = await this.#runCalls(run.deferred.calls, "");
    return format.tools.resume(body, run.deferred.carrierId, ran);
  }

  /** The request that goes on after a turn; undefined if the answer ended with it. */
  async #nextRequest(body: Buffer, round: TurnRound, asked: Asked): Promise<Buffer | undefined> {
    const { format, run } = this.#options;
    const turn = format.tools.readTurn(round.answer, (name) => run.injected.has(name));
    this.#firstStoredAs ??= turn.storedAs;
    const callsTools = round.isComplete && turn.waitsForResults && turn.calls.length > 0;
    if (callsTools && turn.lastClientCallId === undefined) {
      return await this.#goOn(body, round.answer, turn, asked.responseId);
    }
    if (!callsTools) this.#leaveOut(turn.calls, "the answer ended before it", asked.responseId);
    const isOnly = asked.end === this.#firstEnd && !turn.namesInjected;
    const rename = this.#carry(turn, callsTools ? turn.calls : []);
    this.#client.finish({ rename }, isOnly ? round.bytes : undefined);
    return undefined;
  }

  /** Runs a turn's tools and goes on with what they gave, or ends the answer if a limit is reached. */
  async #goOn(
    body: Buffer,
    answer: JsonObject,
    { calls }: Turn,
    responseId: string,
  ): Promise<Buffer | undefined> {
    const { format } = this.#options;
    const limit = this.#budget.exhausted(0);
    if (limit) {
      this.#leaveOut(calls, limit, responseId);
      return this.#stop(limit);
    }
    const ran = await this.#runCalls(calls, responseId);
    const next = format.tools.continueWith(body, answer, ran);
    const reached = this.#budget.exhausted(next.byteLength);
    if (reached) return this.#stop(reached);
    this.#client.nextRound();
    return next;
  }

  #stop(why: string): undefined {
    this.#client.finish({ notice: `[The gateway stopped here: ${why}.]` }, undefined);
  }

  /** What the client's last call has to carry, by the name it goes by then; undefined if nothing. */
  #carry(turn: Turn, calls: readonly InjectedCall[]): Ending["rename"] {
    const { storedAs: last, lastClientCallId: from } = turn;
    const first = this.#firstStoredAs;
    const isRenewed = first !== undefined && last !== undefined && first !== last;
    const renewal = isRenewed ? { first, last } : undefined;
    if (renewal) this.#options.responseIds?.renew(renewal);
    if (from === undefined || (calls.length === 0 && !renewal)) return undefined;
    return { from, to: deferredId({ originalId: from, calls, renewal }) };
  }

  async #runCalls(calls: readonly DeferredCall[], responseId: string): Promise<RanCall[]> {
    const { run, signal, onCall, log, logFields } = this.#options;
    const until = AbortSignal.any([signal, this.#budget.late]);
    const ran = (await runCalls(calls, run, this.#limits, until)).map((done) =>
      this.#bounded(done),
    );
    for (const done of ran) {
      onCall(done, responseId);
      const { invocationError } = done.outcome;
      const fields = { ...logFields, tool: done.call.name, err: invocationError };
      if (invocationError !== undefined) log.warn(fields, "tool call failed");
    }
    signal.throwIfAborted();
    return ran;
  }

  #bounded(ran: RanCall): RanCall {
    const bytes = Buffer.byteLength(JSON.stringify(ran.outcome.content));
    if (this.#budget.admitsResult(bytes)) return ran;
    const outcome = failed("its result is more than fits beside the others");
    const text = "The tool ran, but its result is more than fits beside the others.";
    return { ...ran, outcome: { ...outcome, content: [{ type: "text", text }] } };
  }

  /** What the model called and nobody runs is on record all the same. */
  #leaveOut(calls: readonly InjectedCall[], why: string, responseId: string): void {
    const { run, onCall } = this.#options;
    for (const call of calls) {
      onCall({ call, tool: run.tools.get(call.name), outcome: failed(why) }, responseId);
    }
  }

  #createSink(): RoundSink {
    return new RoundSink(this.#client, {
      format: this.#options.format.tools,
      turnBytesMax: this.#limits.turnBytesMax,
      streamError: this.#options.format.streamError,
    });
  }

  #beforeEnd(): void {
    if (this.#newestEnd) this.#options.beforeEnd(this.#ended(this.#newestEnd));
  }

  /** The last round decides how the answer ended; the first, when it began. */
  #ended(end: RelayEnd): RelayEnd {
    const { askedAt, firstByteAt } = this.#firstEnd ?? end;
    return { ...end, askedAt, firstByteAt, answeredAt: this.#client.answeredAt };
  }

  /** A round that left no turn to go on from. */
  #settle(end: RelayEnd, round: RoundOutcome): RelayEnd {
    if (end.status === "cancelled") return this.#ended(end);
    if (round.kind === "broken") throw refusalFrom(round.error);
    if (round.kind !== "refused") return this.#ended(end);
    const error = new Error(round.message);
    this.#client.fail(error, this.#options.format.streamError(round.message));
    return { ...this.#ended(end), status: "failed", error };
  }

  /** @throws why, if the caller still waits for an answer of any kind. */
  #breakOff(thrown: unknown): RelayEnd {
    const { signal, format } = this.#options;
    const cut = cutBy(signal);
    const hasLeft = signal.aborted && !cut;
    if (!hasLeft && !this.#client.isStarted) throw cut ?? thrown;
    const error =
      cut ?? (thrown instanceof Error ? thrown : new Error("aborted", { cause: thrown }));
    const words = error instanceof Refusal ? format.streamError(error.message) : undefined;
    this.#client.fail(error, words);
    const end = this.#ended(this.#firstEnd ?? neverAsked());
    return hasLeft
      ? { ...end, status: "cancelled", error: undefined }
      : { ...end, status: "failed", error };
  }
}

function neverAsked(): RelayEnd {
  const never = { upstreamStatus: undefined, firstByteAt: undefined, answeredAt: undefined };
  return { ...never, status: "cancelled", askedAt: performance.now(), error: undefined };
}
