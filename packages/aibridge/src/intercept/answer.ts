import type { ModelThought, TokenUsage, ToolUsage } from "../record/events.ts";

/** What is read from a provider's answer (wire.md, section 7). */
export interface AnswerFacts {
  /** The provider's id of the answer; empty if none was seen. */
  readonly responseId: string;
  /** The model that the provider says it used; empty if none was seen. */
  readonly model: string;
  /** Undefined if the provider reported no usage. Partial if more may have been used. */
  readonly usage: TokenUsage | undefined;
  /** In the order of the answer; of one that broke off, as far as it came. */
  readonly toolUsages: readonly ToolUsageFacts[];
  /** In the order of the answer; of one that broke off, as far as it came. */
  readonly thoughts: readonly ThoughtFacts[];
  /** Why the reader gave up, in our words: the other facts are what it had by then. */
  readonly problem: string | undefined;
  /** The error that the provider told of, as `type: message`; 1,024 characters at most. */
  readonly errorEvent: string | undefined;
}

/** A call of a tool: its arguments are JSON, or what the model wrote in its place. */
export type ToolUsageFacts = Pick<ToolUsage, "providerToolCallId" | "tool" | "arguments">;

/** A piece of what the model told of its thinking. */
export type ThoughtFacts = Pick<ModelThought, "thoughtKind" | "text">;

/** How the answer comes: as server-sent events, or as one JSON body. */
export type AnswerKind = "stream" | "whole";

/**
 * Reads an answer on the side while it is relayed. Nothing it meets makes it
 * throw: it gives up, says so in `problem`, and from then on keeps nothing
 * more. What it keeps is bounded (`answer-reader.ts`).
 */
export interface AnswerReader {
  /** The next bytes, cut anywhere. They are not kept: the caller may reuse them. */
  read(chunk: Uint8Array): void;
  /**
   * Ends the reading. `complete`: whether the answer came to its end, rather
   * than that the connection broke or the caller left. Call it once.
   */
  finish(complete: boolean): AnswerFacts;
}
