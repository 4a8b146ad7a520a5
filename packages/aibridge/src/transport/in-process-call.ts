import type { ResponseSink } from "../exchange.ts";
import type { RawHeaders } from "../headers.ts";

/** How much may wait for a reader before the gateway is asked to pause. */
const queuedBytesMax = 64 * 1_024;

/**
 * The answer of one in-process call: written by the gateway, read as a web
 * `Response`. What was written is readable in order, even when the answer
 * breaks off after it.
 */
export class InProcessCall implements ResponseSink {
  /** Rejects if the call ends before an answer began. */
  readonly response: Promise<Response>;
  status: number | undefined;
  readonly #begin: PromiseWithResolvers<Response>;
  readonly #abort = new AbortController();
  readonly #callerSignal: AbortSignal;
  readonly #onCallerAbort = () => this.#leave(this.#callerSignal.reason);
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Wakes the reader that waits for the next chunk or the end. */
  #wake: () => void = () => {};
  #onDrain: () => void = () => {};
  #left = false;
  /** Undefined while more may be written; then how it ended. */
  #end: { readonly error: Error | undefined } | undefined;

  constructor(callerSignal: AbortSignal) {
    this.#begin = Promise.withResolvers();
    this.response = this.#begin.promise;
    this.#callerSignal = callerSignal;
    callerSignal.addEventListener("abort", this.#onCallerAbort);
  }

  /** Aborts when the caller aborts, or cancels the body, or the call is cut. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Only tells the gateway, which then has its last words. */
  cut(refusal: Error): void {
    this.#abort.abort(refusal);
  }

  start(status: number, headers: RawHeaders): void {
    if (this.#end || this.status !== undefined) return;
    const body = bodiless.has(status) ? null : this.#createBody();
    this.#begin.resolve(new Response(body, { status, headers: webHeaders(headers) }));
    this.status = status;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#end) return true;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.byteLength;
    this.#wake();
    return this.#queuedBytes < queuedBytesMax;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  end(): void {
    this.#finish(undefined);
  }

  fail(error: Error, lastWords?: Uint8Array): void {
    if (lastWords) this.write(lastWords);
    this.#finish(error);
  }

  /** The gateway is through: one that wrote nothing answered with nothing. */
  returned(): void {
    this.start(200, []);
    this.end();
  }

  /** The gateway threw: a 500, or a body that errors. */
  threw(error: unknown): void {
    if (this.status === undefined) {
      this.start(500, []);
      this.end();
    } else this.fail(new Error("the gateway failed", { cause: error }));
  }

  #createBody(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#body = controller;
        },
        pull: (controller) => this.#pull(controller),
        cancel: (reason) => this.#leave(reason ?? new Error("the body was cancelled")),
      },
      // Nothing is taken before it is asked for: the queue above is the only one.
      { highWaterMark: 0 },
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#queue.length === 0 && !this.#end) {
      const waiting = Promise.withResolvers<void>();
      this.#wake = waiting.resolve;
      await waiting.promise;
    }
    if (this.#left) return; // The body has errored already.
    const chunk = this.#queue.shift();
    if (chunk) {
      this.#queuedBytes -= chunk.byteLength;
      controller.enqueue(chunk);
      if (this.#queue.length === 0) this.#onDrain();
    } else if (this.#end?.error) controller.error(this.#end.error);
    else controller.close();
  }

  #finish(error: Error | undefined): void {
    if (this.#end) return;
    this.#end = { error };
    this.#callerSignal.removeEventListener("abort", this.#onCallerAbort);
    // Without effect if the answer has begun.
    this.#begin.reject(error);
    this.#wake();
  }

  #leave(reason: unknown): void {
    if (this.#left) return;
    this.#left = true;
    this.#abort.abort(reason);
    this.#begin.reject(reason);
    this.#finish(undefined);
    this.#body?.error(reason);
  }
}

/** Statuses whose `Response` can't have a body (Fetch standard, null body status). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

function webHeaders(raw: RawHeaders): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i] ?? "", raw[i + 1] ?? "");
  return headers;
}
