import { createParser } from "eventsource-parser";
import { parseBoundedJson, TooComplexJsonError } from "../bounded-json.ts";
import type { AnswerFacts, AnswerKind, AnswerReader } from "./answer.ts";
import { type AnswerReducer, UnreadableAnswerError } from "./answer-draft.ts";
import { isObject, type JsonObject } from "./json.ts";

/** How a format is read: one reducer, and the way of a whole answer into it. */
export interface AnswerReading {
  createReducer(): AnswerReducer;
  /** The events that a stream would have brought for this answer, as far as the reducer looks. */
  eventsFromAnswer(answer: JsonObject): Iterable<JsonObject>;
}

/** Characters of one event. Generated images come as base64 in a single one. */
const eventCharsMax = 16 * 1_024 * 1_024;

/** Bytes of an answer that is not a stream. */
const wholeBytesMax = 32 * 1_024 * 1_024;

/** Reads an answer of the given kind and format. */
export function createAnswerReader(kind: AnswerKind, reading: AnswerReading): AnswerReader {
  const reducer = reading.createReducer();
  return new Reader(
    reducer,
    kind === "stream"
      ? new EventStreamInput(reducer)
      : new WholeInput(reducer, reading.eventsFromAnswer),
  );
}

/** Feeds a reducer from bytes; throws where it can't. */
interface Input {
  read(chunk: Uint8Array): void;
  /** Whether what ends an answer of any format was seen. */
  finish(complete: boolean): boolean;
}

/** The side of a reader that never throws. */
class Reader implements AnswerReader {
  readonly #reducer: AnswerReducer;
  /** Let go when the reader gives up, and all it held with it. */
  #input: Input | undefined;
  #problem: string | undefined;

  constructor(reducer: AnswerReducer, input: Input) {
    this.#reducer = reducer;
    this.#input = input;
  }

  read(chunk: Uint8Array): void {
    try {
      this.#input?.read(chunk);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  finish(complete: boolean): AnswerFacts {
    const { draft } = this.#reducer;
    let ended = false;
    try {
      ended = this.#input?.finish(complete) ?? false;
      if (complete && !this.#problem && !draft.recognized) {
        throw new UnreadableAnswerError("nothing of the expected format in it");
      }
    } catch (error) {
      this.#giveUp(error);
    }
    const whole = complete && (ended || draft.ended) && !draft.errorEvent && !this.#problem;
    return this.#facts(!whole);
  }

  #facts(partial: boolean): AnswerFacts {
    const { draft } = this.#reducer;
    const { responseId, model, errorEvent } = draft;
    const usage = this.#attempt(() => this.#reducer.usage());
    const toolUsages = this.#attempt(() => this.#reducer.toolUsages()) ?? [];
    const thoughts = this.#attempt(() => this.#reducer.thoughts()) ?? [];
    return {
      responseId,
      model,
      usage: usage && {
        ...usage,
        providerResponseId: responseId,
        model,
        partial: partial || this.#problem !== undefined,
      },
      toolUsages,
      thoughts,
      problem: this.#problem,
      errorEvent,
    };
  }

  /**
   * What was gathered is put together at the end, and that may fail too:
   * `JSON.stringify` of a few thousand levels overflows the stack.
   */
  #attempt<T>(gather: () => T): T | undefined {
    try {
      return gather();
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  #giveUp(error: unknown): void {
    this.#input = undefined;
    // The message of any other error may quote the answer, which is no business of a log's.
    this.#problem ??=
      error instanceof UnreadableAnswerError ? error.message : "the reader failed unexpectedly";
  }
}

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
class EventStreamInput implements Input {
  readonly #reducer: AnswerReducer;
  // The parser takes away a byte order mark itself.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #parser = createParser({
    maxBufferSize: eventCharsMax,
    onEvent: ({ data }) => this.#take(data),
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") throw new UnreadableAnswerError("an event too long");
    },
  });
  #done = false;

  constructor(reducer: AnswerReducer) {
    this.#reducer = reducer;
  }

  read(chunk: Uint8Array): void {
    this.#parser.feed(this.#decoder.decode(chunk, { stream: true }));
  }

  finish(complete: boolean): boolean {
    // Some providers forget the empty line after the last event. What a cut
    // left of an event says nothing.
    if (complete) this.#parser.feed(`${this.#decoder.decode()}\n\n`);
    return this.#done;
  }

  #take(data: string): void {
    if (this.#reducer.overlooks?.(data)) return;
    const trimmed = data.trim();
    if (trimmed === "[DONE]") this.#done = true;
    else if (trimmed !== "") this.#reducer.take(parseObject(trimmed, "an event"));
  }
}

/** One JSON body. Most come in one chunk; where there are more, tiny ones cost more kept apart. */
class WholeInput implements Input {
  readonly #reducer: AnswerReducer;
  readonly #eventsFromAnswer: AnswerReading["eventsFromAnswer"];
  /** The only chunk itself, or a buffer of our own with all of them. */
  #buffer: Buffer = noBytes;
  #bytes = 0;

  constructor(reducer: AnswerReducer, eventsFromAnswer: AnswerReading["eventsFromAnswer"]) {
    this.#reducer = reducer;
    this.#eventsFromAnswer = eventsFromAnswer;
  }

  read(chunk: Uint8Array): void {
    const bytes = this.#bytes + chunk.byteLength;
    if (bytes > wholeBytesMax) throw new UnreadableAnswerError("a body too long");
    if (this.#bytes === 0) this.#buffer = bufferOf(chunk);
    else this.#append(chunk, bytes);
    this.#bytes = bytes;
  }

  #append(chunk: Uint8Array, bytes: number): void {
    if (bytes > this.#buffer.byteLength) {
      const larger = Buffer.allocUnsafe(
        Math.max(bytes, 2 * this.#buffer.byteLength, bufferBytesMin),
      );
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#bytes);
  }

  finish(): boolean {
    const answer = parseObject(this.#buffer.toString("utf8", 0, this.#bytes), "the body");
    this.#buffer = noBytes;
    for (const event of this.#eventsFromAnswer(answer)) this.#reducer.take(event);
    return true;
  }
}

const noBytes = Buffer.alloc(0);
const bufferBytesMin = 16 * 1_024;

/** A view of the same bytes. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function parseObject(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = parseBoundedJson(text);
  } catch (error) {
    if (error instanceof TooComplexJsonError) throw new UnreadableAnswerError(error.message);
    // Not as its cause: the parser's message quotes the text.
    throw new UnreadableAnswerError(`${what} that is not JSON`);
  }
  if (!isObject(value)) throw new UnreadableAnswerError(`${what} that is not a JSON object`);
  return value;
}
