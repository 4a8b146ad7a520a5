import type { Dispatcher } from "undici";
import type { RequestBody } from "../body.ts";
import type { ResponseSink } from "../exchange.ts";
import { headerValue, type RawHeaders } from "../headers.ts";
import type { ChunkFilter } from "../intercept/chat-completions/usage-chunk-filter.ts";
import { cutBy, Refusal } from "../refusal.ts";
import { relayableHeaders } from "../strip.ts";
import { addMissing, isPlainEventStream, latin1Headers, remove } from "./answer-headers.ts";
import { EventBoundary } from "./event-boundary.ts";
import { type AnswerHead, HeldAnswer } from "./held-answer.ts";

/** What is asked of a provider, to the byte. */
export interface UpstreamRequest {
  readonly origin: string;
  readonly method: string;
  readonly target: string;
  readonly headers: string[];
  readonly body: RequestBody;
}

/** How long the provider may take. All in milliseconds. */
export interface UpstreamDeadlines {
  /** Until the first byte of the answer. */
  readonly firstByteMs: number;
  /** Between two chunks of it. */
  readonly idleMs: number;
}

export interface RelayOptions {
  readonly deadlines: UpstreamDeadlines;
  /**
   * Aborts when the caller has left, or the exchange was cut with a refusal: the
   * upstream call is then cancelled.
   */
  readonly signal: AbortSignal;
  /**
   * No byte goes to the caller before this resolves; what comes until then is
   * held, and its provider paused past 64 KiB. A rejection ends the relay.
   */
  readonly admission: Promise<void> | undefined;
  /** Headers of ours, used where the provider sent none of that name. */
  readonly ownHeaders: readonly string[];
  /** How to tell of a stream that broke off, in the caller's format. */
  readonly streamError: ((message: string) => Uint8Array) | undefined;
  /**
   * Looks on. Told of each chunk after it went on, but for the one that completes
   * an answer of known length: of that, before. While an answer is held it is
   * told as chunks come: that is when they came, and nothing else is to be done
   * with them meanwhile. Must neither throw nor wait.
   */
  readonly watcher?: RelayWatcher | undefined;
  /** Takes from the answer what only the gateway asked for. */
  readonly filter?: ChunkFilter | undefined;
  /**
   * Told how a completed answer ended, before the caller can know that it has: all
   * but what completes it was sent. Must neither throw nor wait.
   */
  readonly beforeEnd?: ((end: RelayEnd) => void) | undefined;
  /**
   * Called after that, right before what completes the answer is sent: at once, or
   * when `beforeEnd` was told of all others that were admitted in the same moment,
   * so that what they have to do can be done for all. Must neither throw nor wait.
   */
  readonly beforeLastByte?: (() => void) | undefined;
}

/** Who reads an answer while it is relayed. */
export interface RelayWatcher {
  onHead(status: number, headers: RawHeaders): void;
  /** As the provider sent it. */
  onChunk(chunk: Uint8Array): void;
}

/** How a relayed answer ended, when it had begun or the caller left. */
export interface RelayEnd {
  readonly status: "completed" | "cancelled" | "failed";
  /** The provider's status; undefined if the caller left before it came. */
  readonly upstreamStatus: number | undefined;
  /** When the provider was asked, its first byte came, and ours left: by `performance.now`. */
  readonly askedAt: number;
  readonly firstByteAt: number | undefined;
  readonly answeredAt: number | undefined;
  readonly error: Error | undefined;
}

/**
 * Relays one request and its answer. Chunks go on as they come and are not
 * looked into; what the provider sends is what the caller gets.
 *
 * @throws Refusal 502 or 504 if the provider could not be asked, or fell
 *   silent, before anything was answered; the one it was cut with; whatever
 *   `admission` rejected with.
 */
export function relay(
  dispatcher: Pick<Dispatcher, "dispatch">,
  request: UpstreamRequest,
  response: ResponseSink,
  options: RelayOptions,
): Promise<RelayEnd> {
  const run = new Relay(response, options);
  const { origin, target, headers } = request;
  // Undici takes any token for a method; its type lists the usual ones.
  const method = request.method as Dispatcher.HttpMethod;
  const body = request.body.take();
  dispatcher.dispatch(
    {
      origin,
      method,
      path: target,
      headers: headers.concat("content-length", String(body.byteLength)),
      body,
      headersTimeout: options.deadlines.firstByteMs,
      bodyTimeout: options.deadlines.idleMs,
    },
    run,
  );
  return run.end;
}

/**
 * The upstream side of one relay, as undici calls it. What undici tells goes on
 * to the caller, or is held until the start is on record and goes on then.
 */
class Relay implements Dispatcher.DispatchHandler {
  readonly end: Promise<RelayEnd>;
  readonly #response: ResponseSink;
  readonly #options: RelayOptions;
  readonly #settle: (end: RelayEnd) => void;
  readonly #refuse: (error: unknown) => void;
  readonly #onAbort = () => this.#cut(asError(this.#options.signal.reason));
  readonly #boundary = new EventBoundary();
  #controller: Dispatcher.DispatchController | undefined;
  /** Until the start is on record. */
  #held: HeldAnswer | undefined;
  /** May leave, and waits for what goes with it. */
  #head: AnswerHead | undefined;
  /** Why it can't be recorded, and so need not be answered. */
  #rejection: Error | undefined;
  #upstreamStatus: number | undefined;
  readonly #askedAt = performance.now();
  #firstByteAt: number | undefined;
  #answeredAt: number | undefined;
  #isPlainEventStream = false;
  /** Of a body whose length the provider told. NaN: it did not. */
  #missingBytes = Number.NaN;
  /** What completes such a body: to whoever gets it, the answer has ended. */
  #lastChunk: Uint8Array | undefined;

  constructor(response: ResponseSink, options: RelayOptions) {
    const end = Promise.withResolvers<RelayEnd>();
    this.end = end.promise;
    this.#settle = end.resolve;
    this.#refuse = end.reject;
    this.#response = response;
    this.#options = options;
    options.signal.addEventListener("abort", this.#onAbort);
    if (options.admission) this.#hold(options.admission);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#options.signal.aborted) this.#onAbort();
    else if (this.#rejection) controller.abort(this.#rejection);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return; // An interim answer: the final one follows.
    this.#upstreamStatus = status;
    this.#firstByteAt = performance.now();
    const headers = relayableHeaders(latin1Headers(controller.rawHeaders));
    this.#options.watcher?.onHead(status, headers);
    this.#isPlainEventStream = isPlainEventStream(headers);
    if (this.#options.filter) remove(headers, "content-length");
    this.#missingBytes = Number(headerValue(headers, "content-length") ?? Number.NaN);
    addMissing(headers, this.#options.ownHeaders);
    if (this.#held) this.#held.head = { status, headers };
    else this.#begin({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const goOn = this.#held ? this.#held.keep(chunk) : this.#pass(chunk);
    if (!goOn) controller.pause();
    this.#options.watcher?.onChunk(chunk);
  }

  onResponseEnd(): void {
    if (this.#held) {
      this.#held.outcome = { error: undefined };
    } else {
      this.#complete();
      this.#conclude();
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#rejection) return; // It is refused, and the refusal perhaps on its way.
    if (this.#held && !this.#options.signal.aborted) this.#held.outcome = { error };
    else this.#break(error);
  }

  /** What completes a short answer is there in a moment: then its head goes with it. */
  #begin(head: AnswerHead): void {
    this.#head = head;
    if (!(this.#missingBytes > 0)) this.#sendHead();
    else process.nextTick(() => this.#lastChunk || this.#sendHeadOrAbort());
  }

  /** The sink may throw. Undici aborts where one of its calls does. */
  #sendHeadOrAbort(): void {
    try {
      this.#sendHead();
    } catch (error) {
      this.#controller?.abort(asError(error));
    }
  }

  #sendHead(): void {
    if (!this.#head) return;
    const { status, headers } = this.#head;
    this.#head = undefined;
    this.#response.onDrain(() => this.#controller?.resume());
    this.#answeredAt = performance.now();
    this.#response.start(status, headers);
  }

  /** Returns false when the caller takes no more for now. */
  #pass(chunk: Uint8Array): boolean {
    const { filter } = this.#options;
    this.#missingBytes -= chunk.byteLength;
    if (this.#missingBytes === 0) {
      this.#lastChunk = chunk;
      return true;
    }
    if (!filter) return this.#send(chunk);
    let goOn = true;
    for (const part of filter.pass(chunk)) goOn = this.#send(part) && goOn;
    return goOn;
  }

  #send(chunk: Uint8Array): boolean {
    this.#sendHead();
    if (this.#isPlainEventStream) this.#boundary.pass(chunk);
    return this.#response.write(chunk);
  }

  #complete(): void {
    for (const part of this.#options.filter?.flush() ?? []) this.#send(part);
    // It goes with what completes the answer, now.
    if (this.#head) this.#answeredAt = performance.now();
    this.#options.beforeEnd?.(this.#endAs("completed", undefined));
  }

  #conclude(): void {
    this.#options.beforeLastByte?.();
    try {
      this.#sendHead();
      if (this.#lastChunk) this.#send(this.#lastChunk);
      this.#response.end();
      this.#settle(this.#endAs("completed", undefined));
    } catch (error) {
      this.#break(asError(error));
    }
  }

  #break(error: Error): void {
    const { signal } = this.#options;
    this.#held = undefined;
    if (signal.aborted && !cutBy(signal)) {
      this.#response.fail(error);
      this.#settle(this.#endAs("cancelled", undefined));
      return;
    }
    this.#sendHead();
    if (this.#response.status === undefined) {
      signal.removeEventListener("abort", this.#onAbort);
      this.#refuse(refusalFrom(error));
    } else {
      this.#response.fail(error, this.#lastWords(error));
      this.#settle(this.#endAs("failed", error));
    }
  }

  /** What a stream that broke off between two events can still say. */
  #lastWords(error: Error): Uint8Array | undefined {
    const tellable = this.#isPlainEventStream && this.#boundary.reached;
    return tellable ? this.#options.streamError?.(brokenOff(error)) : undefined;
  }

  #hold(admission: Promise<void>): void {
    this.#held = new HeldAnswer();
    admission.then(
      () => this.#admit(),
      (error) => this.#reject(error),
    );
  }

  #admit(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return; // It is over: the caller left, or was cut.
    try {
      this.#release(held);
    } catch (error) {
      // The sink threw. Undici does the same where one of its calls does.
      if (held.outcome) this.#break(asError(error));
      else this.#controller?.abort(asError(error));
    }
  }

  /** All of it, however much the caller takes at once: it is bounded. */
  #release({ head, chunks, outcome }: HeldAnswer): void {
    if (head) this.#begin(head);
    let goOn = true;
    for (const chunk of chunks) goOn = this.#pass(chunk) && goOn;
    if (outcome?.error) this.#break(outcome.error);
    else if (outcome) this.#completeWithOthers();
    else if (goOn) this.#controller?.resume();
    else this.#controller?.pause();
  }

  /** Those that one sync admitted come here one after the other, before anything else runs. */
  #completeWithOthers(): void {
    this.#complete();
    process.nextTick(() => this.#conclude());
  }

  #reject(error: unknown): void {
    this.#rejection = asError(error);
    this.#held = undefined;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#refuse(error);
    // What is not answered need not be paid for.
    this.#controller?.abort(this.#rejection);
  }

  /** Ends the upstream call. If that has ended, its end is held: nobody else will tell. */
  #cut(error: Error): void {
    if (this.#held?.outcome) this.#break(error);
    else this.#controller?.abort(error);
  }

  #endAs(status: RelayEnd["status"], error: Error | undefined): RelayEnd {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    return {
      status,
      upstreamStatus: this.#upstreamStatus,
      askedAt: this.#askedAt,
      firstByteAt: this.#firstByteAt,
      answeredAt: this.#answeredAt,
      error,
    };
  }
}

/**
 * The refusal for a provider that could not be asked, or fell silent. Undici's
 * errors are known by `code`: their classes differ between copies of it.
 */
export function refusalFrom(error: Error): Error {
  if (error instanceof Refusal) return error;
  if (isTimeout(error)) return new Refusal("upstream_timeout", { cause: error });
  const invalid = codeOf(error) === "UND_ERR_INVALID_ARG";
  return new Refusal(invalid ? "not_forwardable" : "upstream_unreachable", { cause: error });
}

function brokenOff(error: Error): string {
  if (error instanceof Refusal) return error.message;
  return isTimeout(error)
    ? "the provider stopped sending before its answer was complete"
    : "the connection to the provider was lost before its answer was complete";
}

function isTimeout(error: Error): boolean {
  const code = codeOf(error);
  return code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT";
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
