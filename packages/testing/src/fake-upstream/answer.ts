import { gzipSync } from "node:zlib";

/** How an answer's connection goes on after its last chunk. */
export type Ending =
  /** The body ends as HTTP says. */
  | "end"
  /** The connection is closed in the middle of the body. */
  | "cut"
  /** The connection is reset (RST) in the middle of the body. */
  | "reset"
  /** Nothing more comes, and the connection stays open until the client leaves. */
  | "stall";

/** A scripted answer: every byte of it is known before it is sent. */
export interface Answer {
  readonly status: number;
  /** Sent in this order, with these names; nothing is added but the framing of HTTP. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body, in the pieces in which it is written. */
  readonly chunks: readonly Uint8Array[];
  readonly ending: Ending;
}

/** The body of an answer in one piece, to compare with what a client got. */
export function bodyOf(answer: Answer): Buffer {
  return Buffer.concat(answer.chunks);
}

/** The same answer with its body compressed, as one chunk. */
export function gzipped(answer: Answer): Answer {
  return {
    ...answer,
    headers: [...answer.headers, ["content-encoding", "gzip"]],
    chunks: [gzipSync(bodyOf(answer))],
  };
}

/** The same answer with headers added to it. */
export function withHeaders(answer: Answer, headers: Answer["headers"]): Answer {
  return { ...answer, headers: [...answer.headers, ...headers] };
}

/** The same answer with only its first chunks, and then another ending. */
export function cutAfter(answer: Answer, chunks: number, ending: Ending): Answer {
  return { ...answer, chunks: answer.chunks.slice(0, chunks), ending };
}

/** An answer of JSON, serialized once and sent as one chunk. */
export function jsonAnswer(status: number, headers: Answer["headers"], body: unknown): Answer {
  return {
    status,
    headers: [["content-type", "application/json"], ...headers],
    chunks: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/** An answer of server-sent events, one chunk an event. */
export function eventStreamAnswer(headers: Answer["headers"], events: readonly string[]): Answer {
  return {
    status: 200,
    headers: [
      ["content-type", "text/event-stream; charset=utf-8"],
      ["cache-control", "no-cache"],
      ...headers,
    ],
    chunks: events.map((event) => Buffer.from(event)),
    ending: "end",
  };
}
