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
  #bodyBegan = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
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
    return this.#response.write(chunk);
  }

  onDrain(listener: () => void): void {
    this.#response.on("drain", listener);
  }

  end(): void {
    if (this.#response.destroyed) return;
    if (this.#request.complete) this.#response.end();
    else this.#endAfterDiscarding();
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
