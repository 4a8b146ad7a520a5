import type { IncomingMessage } from "node:http";
import { type Route, routeOf } from "./route.ts";

/** How a request ended, seen from the fake. */
export type Closing =
  /** The fake sent its whole answer. */
  | "answered"
  /** The client left before that: it cancelled, or it died. */
  | "left"
  /** The fake itself cut or reset the connection. */
  | "cut";

/** What the fake received, as it came. */
export interface ReceivedRequest {
  /** Counts the requests of this fake from 0, in the order their heads came. */
  readonly index: number;
  readonly route: Route;
  readonly method: string;
  /** The request target as it stood in the request line, with its query. */
  readonly target: string;
  /** Names and values in turn, in the order and the letter case in which they came. */
  readonly rawHeaders: readonly string[];
  /** The values of a header, in the order they came; empty if it did not come. */
  header(name: string): readonly string[];
  /** The body's bytes so far; all of them once `complete` is true. */
  readonly body: Buffer;
  /** Whether the whole body arrived. `next()` and answers wait for it. */
  readonly complete: boolean;
  /** Resolves when the request is over, and never rejects. */
  readonly closed: Promise<Closing>;
}

/** The body's bytes that a fake keeps of one request; more is cut off. */
const bodyBytesMax = 64 * 1024 * 1024;

/** The recording side of a request; only the fake itself holds it. */
export class RequestRecord implements ReceivedRequest {
  readonly index: number;
  readonly route: Route;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly closed: Promise<Closing>;
  readonly close: (how: Closing) => void;
  complete = false;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(index: number, message: IncomingMessage) {
    this.index = index;
    this.method = message.method ?? "";
    this.target = message.url ?? "";
    this.route = routeOf(this.method, this.target);
    this.rawHeaders = [...message.rawHeaders];
    const { promise, resolve } = Promise.withResolvers<Closing>();
    this.closed = promise;
    this.close = resolve;
  }

  header(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return this.rawHeaders.filter(
      (_, at) => at % 2 === 1 && this.rawHeaders[at - 1]?.toLowerCase() === wanted,
    );
  }

  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Resolves to whether the whole body came. */
  async receive(message: IncomingMessage): Promise<boolean> {
    try {
      for await (const chunk of message) {
        this.#bytes += chunk.length;
        if (this.#bytes > bodyBytesMax) return false;
        this.#chunks.push(chunk);
      }
    } catch {
      // The client left in the middle of its body; `closed` says so.
      return false;
    }
    this.complete = message.complete;
    return this.complete;
  }
}
