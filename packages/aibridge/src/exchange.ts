import type { RawHeaders } from "./headers.ts";

/**
 * One request and the place for its answer, whichever door it came in by: a
 * socket (node:http) or a function call (the in-process transport). Everything
 * behind the door works on this and on nothing else.
 */
export interface Exchange {
  readonly method: string;
  /** Path and query, as received. Begins with a slash. */
  readonly target: string;
  /** As received: order, letter case and repetitions kept. */
  readonly headers: RawHeaders;
  /**
   * Set by an adapter that took it from its caller's context, never from
   * anything that a client can send.
   */
  readonly delegation: Delegation | undefined;
  /** The network address that the request came from; undefined for a call in this process. */
  readonly clientAddress: string | undefined;
  /**
   * Aborts when the exchange is over before its answer is complete: the caller
   * left, with the reason it gave, or it was cut, with the refusal.
   */
  readonly signal: AbortSignal;
  /** Ends the exchange from our side: aborts `signal` with this refusal. */
  cut(refusal: Error): void;
  /**
   * Reads the whole request body; called once at most.
   *
   * @throws BodyTooLargeError as soon as more than `bytesMax` were declared or
   *   came, without reading on.
   * @throws BodyTooSlowError when it takes longer to come than a door waits.
   * @throws the abort reason when the caller leaves.
   */
  readBody(bytesMax: number): Promise<Buffer>;
  readonly response: ResponseSink;
}

/** A user established by other means than their key's secret. */
export interface Delegation {
  readonly apiKeyId: string;
  /** Which in-house caller asked: for logs, never for decisions. */
  readonly source: string;
}

/**
 * Where an answer goes: `start` once, `write` as often as needed, then `end` or
 * `fail`. After the caller has left, all of these do nothing.
 */
export interface ResponseSink {
  /** What `start` was called with; undefined while the answer can still be chosen. */
  readonly status: number | undefined;
  start(status: number, headers: RawHeaders): void;
  /** Returns false when the caller reads slower than we write: wait for `onDrain`. */
  write(chunk: Uint8Array): boolean;
  /** Sets who is told that writing may go on. */
  onDrain(listener: () => void): void;
  end(): void;
  /**
   * Breaks a started answer off, so that it can't pass for a complete one. What
   * was written, and the last words, if any, are sent before that.
   */
  fail(error: Error, lastWords?: Uint8Array): void;
}

/** The request body is larger than was asked for. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
  constructor(bytesMax: number) {
    super(`request body is larger than ${bytesMax} bytes`);
  }
}

/** The request body did not come within the time that the door gives it. */
export class BodyTooSlowError extends Error {
  override readonly name = "BodyTooSlowError";
  constructor() {
    super("the request body took too long to arrive");
  }
}
