import type { IncomingMessage, ServerResponse } from "node:http";
import type { RawHeaders, ResponseSink } from "@aibridge/aibridge";

/** How long a caller may go on sending a body that nobody reads, before it is cut. */
const lingerMs = 2_000;
/** How long what was written, and last words, may take to leave. */
const lastWordsMs = 5_000;
const noWords = new Uint8Array();

/** The answer on a socket. */
export class HttpResponseSink implements ResponseSink {
  status: number | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #over = new AbortController();
  readonly #idleMs: number;
  #bodyBegan = false;
  #canCutReader = false;
  /** Nothing more can be read from the socket. */
  #readNoMore = false;

  /** @param idleMs how long the client may take nothing of what waits for it; 0 for ever. */
  constructor(request: IncomingMessage, response: ServerResponse, idleMs: number) {
    this.#request = request;
    this.#response = response;
    this.#idleMs = idleMs;
    response.on("close", () => {
      if (!response.writableFinished) this.#over.abort(new Error("the client left"));
    });
    // A socket error is followed by `close`, which is where we act on it.
    response.on("error", () => {});
  }

  /** Aborts when the client left before its answer was complete, or the exchange was cut. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Only tells the gateway, which then has its last words. */
  cut(refusal: Error): void {
    this.#over.abort(refusal);
  }

  /** The connection ends with this answer; what is left of the request is not waited for. */
  closeAfterwards(): void {
    this.#readNoMore = true;
    this.#response.shouldKeepAlive = false;
  }

  start(status: number, headers: RawHeaders): void {
    if (this.status !== undefined || this.#response.destroyed) return;
    this.#response.writeHead(status, headers as string[]);
    this.status = status;
    // The first chunk often came with the head: then both leave in one packet.
    process.nextTick(() => this.#flushHead());
  }

  write(chunk: Uint8Array): boolean {
    if (this.#response.destroyed) return true;
    this.#bodyBegan = true;
    const goOn = this.#response.write(chunk);
    if (!goOn) this.#watchReader();
    return goOn;
  }

  onDrain(listener: () => void): void {
    this.#response.on("drain", listener);
  }

  end(): void {
    if (this.#response.destroyed) return;
    if (this.#request.complete || this.#readNoMore) {
      this.#response.end();
      // What is written is ours to keep until it is taken.
      if (this.#response.writableLength > 0) this.#watchReader();
    } else this.#endAfterDiscarding();
  }

  fail(_error: Error, lastWords: Uint8Array = noWords): void {
    if (this.status === undefined || this.#response.destroyed) {
      this.#response.destroy();
      return;
    }
    // Behind what is still queued for a slow client: to destroy drops it.
    const timer = setTimeout(() => this.#response.destroy(), lastWordsMs);
    // Cut without the terminating chunk: nobody can take it for complete.
    this.#response.write(lastWords, () => {
      clearTimeout(timer);
      this.#response.destroy();
    });
  }

  /**
   * Cuts a client that takes nothing for `idleMs` of what waits for it. The
   * socket's own timeout knows of parts of a write that were taken.
   */
  #watchReader(): void {
    if (this.#idleMs === 0) return;
    if (!this.#canCutReader) this.#learnToCutReader();
    this.#response.setTimeout(this.#idleMs);
  }

  /** Once an answer: large ones are waited for at each chunk. */
  #learnToCutReader(): void {
    this.#canCutReader = true;
    const response = this.#response;
    const onTaken = () => response.setTimeout(0);
    response.on("drain", onTaken);
    // Before Node's own listener, which sets the timeout of an idle connection.
    response.prependListener("finish", onTaken);
    response.once("timeout", () => {
      this.#over.abort(new Error("the client took nothing of its answer for too long"));
      response.destroy();
    });
  }

  /**
   * Not by `flushHeaders`: that would write the head as UTF-8, and change the
   * bytes above 127 that a provider may have sent.
   */
  #flushHead(): void {
    const { destroyed, writableEnded } = this.#response;
    if (!this.#bodyBegan && !destroyed && !writableEnded) this.#response.write("", "latin1");
  }

  /**
   * The answer is complete, its length known to the client, and the request's
   * body is still coming. Ending now could reset the connection before the
   * client has read the answer; so the body is discarded first, for a moment.
   */
  #endAfterDiscarding(): void {
    const onDiscarded = () => {
      clearTimeout(timer);
      this.#response.end();
    };
    const timer = setTimeout(() => {
      this.#request.off("end", onDiscarded).off("close", onDiscarded);
      this.#response.end(() => this.#request.destroy());
    }, lingerMs);
    this.#request.once("end", onDiscarded).once("close", onDiscarded).resume();
  }
}
