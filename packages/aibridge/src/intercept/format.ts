import type { AnswerKind, AnswerReader } from "./answer.ts";
import { objectFrom } from "./json.ts";
import type { ToolFormat } from "./tool-format.ts";

/** One of the wire formats that the gateway reads. Siblings: knowing one is knowing all. */
export interface Format {
  readonly name: "messages" | "chat-completions" | "responses";
  /** What the request says of itself. `body` is the request's JSON, of any shape. */
  requestFacts(body: unknown): RequestFacts;
  /**
   * A reader for one answer. Errors have the format's own shape too, so it also
   * reads an answer of any status.
   */
  createReader(kind: AnswerKind): AnswerReader;
  /**
   * The bytes by which a stream that broke off tells so in this format. Sent
   * only where the stream stands between two events.
   */
  streamError(message: string): Uint8Array;
  /** How tools are added, and their results. */
  readonly tools: ToolFormat;
}

/** What a request says of itself (wire.md, sections 6 and 7). */
export interface RequestFacts {
  /** As the client named it; empty if it didn't. */
  readonly model: string;
  /** Whether the client asked for server-sent events. */
  readonly streaming: boolean;
  /** What the user asked last; undefined if the request brings only tool results, say. */
  readonly prompt: string | undefined;
  /** The tool call whose result this request brings, the last if there are several; else empty. */
  readonly correlatingToolCallId: string;
  /** Of Messages, its `metadata.user_id`, which may name a session. */
  readonly metadataUserId: string | undefined;
}

/** Model and streaming stand in the same two places in all three formats. */
export function modelAndStreaming(body: unknown): Pick<RequestFacts, "model" | "streaming"> {
  const { model, stream } = objectFrom(body);
  return { model: typeof model === "string" ? model : "", streaming: stream === true };
}
