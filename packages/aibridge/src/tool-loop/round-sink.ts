import { parseBoundedJson } from "../bounded-json.ts";
import type { ResponseSink } from "../exchange.ts";
import { headerValue, type RawHeaders } from "../headers.ts";
import { isObject, type JsonObject, objectFrom, textFrom } from "../intercept/json.ts";
import { createEventDecoder, type ServerEvent } from "../intercept/server-events.ts";
import type { Fold, ToolFormat } from "../intercept/tool-format.ts";
import type { ClientAnswer } from "./client-answer.ts";

/** What became of the answer of one round. */
export type RoundOutcome =
  /** It was read: what the model said, and its bytes if they came whole. */
  | {
      readonly kind: "turn";
      readonly answer: JsonObject;
      readonly bytes: Uint8Array | undefined;
      readonly isComplete: boolean;
    }
  /** It went to the client as it came, or broke off there. Nothing is left to do. */
  | { readonly kind: "settled" }
  /** The provider refused, after the client had got a part of its answer. */
  | { readonly kind: "refused"; readonly message: string }
  /** It broke off before the client got anything. */
  | { readonly kind: "broken"; readonly error: Error };

/** Bytes of a refusal that are read for its message. */
const refusalBytesMax = 64 * 1_024;

/**
 * Takes the answer of one round from the relay, in place of the client: reads
 * what the model wants, and hands on what the client is to see, as it comes.
 * What is no answer to read goes to the client as it is.
 */
export class RoundSink implements ResponseSink {
  status: number | undefined;
  readonly #client: ClientAnswer;
  readonly #fold: Fold;
  readonly #bytesMax: number;
  readonly #streamError: (message: string) => Uint8Array;
  #mode: "stream" | "whole" | "as-it-comes" | "refused" | undefined;
  #headers: RawHeaders = [];
  #keepsUp = true;
  #bytes = 0;
  readonly #chunks: Uint8Array[] = [];
  #outcome: RoundOutcome = { kind: "settled" };
  readonly #format: ToolFormat;
  readonly #decoder = createEventDecoder(
    (event) => this.#take(event),
    (comment) => this.#client.comment(comment),
  );

  constructor(client: ClientAnswer, options: RoundSinkOptions) {
    this.#client = client;
    this.#format = options.format;
    this.#fold = options.format.createFold();
    this.#bytesMax = options.turnBytesMax;
    this.#streamError = options.streamError;
  }

  /** Once the relay is over. */
  get outcome(): RoundOutcome {
    return this.#outcome;
  }

  start(status: number, headers: RawHeaders): void {
    this.status = status;
    this.#headers = headers;
    const shape = status === 200 ? shapeOf(headers) : undefined;
    const { shape: before } = this.#client;
    if (shape && (before ?? shape) === shape) {
      this.#mode = shape;
      this.#client.begin(shape, status, headers);
    } else if (this.#client.isStarted) this.#mode = "refused";
    else this.#passOn();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#mode === "as-it-comes") return this.#client.response.write(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#mode === "refused") {
      if (this.#bytes <= refusalBytesMax) this.#chunks.push(Buffer.from(chunk));
      return true;
    }
    // The relay ends what throws here as an answer that broke off.
    if (this.#bytes > this.#bytesMax) throw new Error("the answer is too long to go on with");
    if (this.#mode === "whole") {
      this.#chunks.push(Buffer.from(chunk));
      return true;
    }
    this.#keepsUp = true;
    this.#decoder.read(chunk);
    return this.#keepsUp;
  }

  onDrain(listener: () => void): void {
    this.#client.response.onDrain(listener);
  }

  end(): void {
    if (this.#mode === "as-it-comes") this.#client.end();
    else if (this.#mode === "refused") {
      this.#outcome = { kind: "refused", message: this.#refusalMessage() };
    } else if (this.#mode === "whole") this.#endWhole();
    else {
      this.#decoder.end();
      this.#endTurn(undefined);
    }
  }

  fail(error: Error, lastWords?: Uint8Array): void {
    if (this.#mode === "as-it-comes") this.#client.fail(error, lastWords);
    else if (this.#client.isStarted) {
      // What was held back is lost; what went out stands between two events.
      this.#client.fail(error, lastWords ?? this.#streamError(lostMessage));
    } else this.#outcome = { kind: "broken", error };
  }

  #passOn(): void {
    this.#mode = "as-it-comes";
    if (this.status !== undefined) this.#client.response.start(this.status, this.#headers);
    this.#client.answeredAt = performance.now();
  }

  #take(event: ServerEvent): void {
    if (event.json) this.#fold.take(event.json);
    if (!this.#client.take(event)) this.#keepsUp = false;
  }

  #endWhole(): void {
    const bytes = Buffer.concat(this.#chunks);
    const answer = objectIn(bytes);
    if (!answer) {
      // What can't be read is the client's to wonder about.
      this.#passOn();
      this.#client.response.write(bytes);
      this.#client.end();
      return;
    }
    for (const json of this.#format.eventsFrom(answer)) {
      this.#take({ name: undefined, data: undefined, json });
    }
    this.#endTurn({ answer, bytes });
  }

  #endTurn(whole: { answer: JsonObject; bytes: Uint8Array } | undefined): void {
    const answer = whole?.answer ?? this.#fold.answer() ?? {};
    const isComplete = this.#fold.ended;
    this.#outcome = { kind: "turn", answer, bytes: whole?.bytes, isComplete };
  }

  #refusalMessage(): string {
    const { error } = objectFrom(objectIn(Buffer.concat(this.#chunks)));
    const said = textFrom(objectFrom(error).message).slice(0, 1_024);
    return said || `the provider answered with status ${this.status}`;
  }
}

export interface RoundSinkOptions {
  readonly format: ToolFormat;
  readonly turnBytesMax: number;
  readonly streamError: (message: string) => Uint8Array;
}

const lostMessage = "the connection to the provider was lost before its answer was complete";

/** What is no stream is read as one JSON body, if it is one. Undefined if it can't be read. */
function shapeOf(headers: RawHeaders): "stream" | "whole" | undefined {
  if (headerValue(headers, "content-encoding")) return undefined;
  const type = headerValue(headers, "content-type")?.trim().toLowerCase() ?? "";
  return type.startsWith("text/event-stream") ? "stream" : "whole";
}

function objectIn(bytes: Buffer): JsonObject | undefined {
  try {
    const value: unknown = parseBoundedJson(bytes.toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
