import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyTooLargeError, type Exchange, type RawHeaders } from "@aibridge/aibridge";
import { HttpResponseSink } from "./http-response-sink.ts";

/** A request on a socket, as the gateway's door takes it. */
export class HttpExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  /** A socket's sender can only ask for a delegation, by headers: the door decides. */
  readonly delegation = undefined;
  readonly response: HttpResponseSink;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Ends the reading of the body with an error, while it is read. */
  #stopReading: ((error: Error) => void) | undefined;
  /** Why the body can't be read to its end. */
  #broken: Error | undefined;

  /** @param idleMs how long the client may take nothing of an answer; 0 for as long as it likes. */
  constructor(request: IncomingMessage, response: ServerResponse, idleMs: number) {
    this.method = request.method ?? "";
    this.target = originForm(request.url ?? "");
    this.headers = request.rawHeaders;
    this.response = new HttpResponseSink(request, response, idleMs);
    this.#request = request;
    this.#response = response;
  }

  get signal(): AbortSignal {
    return this.response.signal;
  }

  get clientAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  cut(refusal: Error): void {
    this.response.cut(refusal);
    this.#stopReading?.(refusal);
  }

  /**
   * Ends the body, of which nothing more can come: reading it fails with this
   * error. Returns false if it has come already, and what broke is what follows.
   */
  breakBody(error: Error): boolean {
    if (this.#request.complete) return false;
    this.response.closeAfterwards();
    this.#broken ??= error;
    this.#stopReading?.(error);
    return true;
  }

  readBody(bytesMax: number): Promise<Buffer> {
    if (this.#broken) return Promise.reject(this.#broken);
    const declared = Number(this.#request.headers["content-length"] ?? 0);
    if (declared > bytesMax) return Promise.reject(new BodyTooLargeError(bytesMax));
    if (this.#request.headers.expect !== undefined) this.#response.writeContinue();
    return this.#collect(bytesMax);
  }

  #collect(bytesMax: number): Promise<Buffer> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const onData = (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes <= bytesMax) chunks.push(chunk);
        else onError(new BodyTooLargeError(bytesMax));
      };
      const onEnd = () => {
        stopListening();
        const [first] = chunks;
        // One chunk is the whole body more often than not: then nothing is copied.
        resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks, bytes));
      };
      const onError = (error: Error) => {
        stopListening();
        request.pause();
        reject(error);
      };
      this.#stopReading = onError;
      const onClose = () => onError(new Error("the connection closed within the body"));
      // The request lives as long as the exchange; through a listener it would
      // hold the promise, and that the body.
      const stopListening = () => {
        this.#stopReading = undefined;
        request.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      };
      request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
    });
  }
}

/** A proxy's client may send the whole URL (RFC 9112, section 3.2.2); we route by its path. */
function originForm(url: string): string {
  if (url.startsWith("/")) return url;
  const parsed = URL.parse(url);
  return parsed ? `${parsed.pathname}${parsed.search}` : `/${url}`;
}
