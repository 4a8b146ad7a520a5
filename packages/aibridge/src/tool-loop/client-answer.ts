import type { ResponseSink } from "../exchange.ts";
import { filterHeaders, type RawHeaders } from "../headers.ts";
import { type ServerEvent, textOfEvent } from "../intercept/server-events.ts";
import type { Ending, Fold, ToolFormat, Translator } from "../intercept/tool-format.ts";
import type { Clock } from "../record/clock.ts";
import { KeepAlive } from "./keep-alive.ts";

/** How an answer comes: as server-sent events, or as one JSON body. */
export type AnswerShape = "stream" | "whole";

export interface ClientAnswerOptions {
  readonly format: ToolFormat;
  readonly clock: Clock;
  /** How long a stream may be silent. */
  readonly keepAliveMs: number;
  /** Called before the client can know that its answer is complete; maybe more than once. */
  readonly beforeEnd: () => void;
}

/**
 * The one answer that the client gets from all rounds. A stream goes out event
 * by event; a whole answer is put together from the same events, and goes out
 * when it is complete.
 */
export class ClientAnswer implements Disposable {
  /** By `performance.now`, when its first byte left. */
  answeredAt: number | undefined;
  readonly response: ResponseSink;
  readonly #translator: Translator;
  readonly #fold: Fold;
  readonly #options: ClientAnswerOptions;
  /** While a stream is open: held events, tools and slow providers all make it silent. */
  #keepAlive: KeepAlive | undefined;
  #head: { readonly status: number; readonly headers: RawHeaders } | undefined;
  #shape: AnswerShape | undefined;

  constructor(response: ResponseSink, translator: Translator, options: ClientAnswerOptions) {
    this.response = response;
    this.#translator = translator;
    this.#options = options;
    this.#fold = options.format.createFold();
  }

  [Symbol.dispose](): void {
    this.#keepAlive?.[Symbol.dispose]();
  }

  /** Undefined until a first round began. */
  get shape(): AnswerShape | undefined {
    return this.#shape;
  }

  /** Whether the client has got anything yet. */
  get isStarted(): boolean {
    return this.response.status !== undefined;
  }

  /** The first round's head is the client's. Later ones change nothing. */
  begin(shape: AnswerShape, status: number, headers: RawHeaders): void {
    if (this.#shape) return;
    this.#shape = shape;
    this.#head = { status, headers: filterHeaders(headers, (name) => name !== "content-length") };
    if (shape !== "stream") return;
    this.#start([]);
    const { clock, keepAliveMs, format } = this.#options;
    const sign = Buffer.from(format.keepAlive);
    this.#keepAlive = new KeepAlive(clock, keepAliveMs, () => void this.#write(sign));
  }

  /** Takes an upstream event. False if the client reads slower than we write. */
  take(event: ServerEvent): boolean {
    return this.#send(this.#translator.take(event));
  }

  comment(text: string): void {
    if (this.#shape === "stream") this.#write(Buffer.from(`: ${text}\n\n`));
  }

  nextRound(): void {
    this.#translator.nextRound();
  }

  /** @param asItCame the only round's bytes, where the client may see them untouched. */
  finish(ending: Ending, asItCame: Uint8Array | undefined): void {
    this.#send(this.#translator.finish(ending));
    if (this.#shape === "whole") {
      const body = asItCame ?? Buffer.from(JSON.stringify(this.#fold.answer()));
      this.#start(["content-length", String(body.byteLength)]);
      this.#options.beforeEnd();
      this.response.write(body);
    }
    this.end();
  }

  /** Ends what was written to `response`. */
  end(): void {
    this[Symbol.dispose]();
    this.#options.beforeEnd();
    this.response.end();
  }

  /** Breaks a stream off, with the last words that it can still say. */
  fail(error: Error, lastWords: Uint8Array | undefined): void {
    this[Symbol.dispose]();
    this.response.fail(error, lastWords);
  }

  #start(more: readonly string[]): void {
    if (!this.#head) return;
    this.answeredAt = performance.now();
    this.response.start(this.#head.status, [...this.#head.headers, ...more]);
  }

  #send(events: readonly ServerEvent[]): boolean {
    if (events.length === 0) return true;
    if (this.#shape === "stream") {
      return this.#write(Buffer.from(events.map(textOfEvent).join("")));
    }
    for (const { json } of events) if (json) this.#fold.take(json);
    return true;
  }

  #write(events: Uint8Array): boolean {
    this.#keepAlive?.spoke();
    return this.response.write(events);
  }
}
