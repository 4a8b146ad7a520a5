/** What must be on record of an answer, however it came and was cut into chunks. */
export interface Expected {
  /** The fixture's file, less its ending. */
  readonly name: string;
  /** The provider's status. Left out: 200. */
  readonly upstreamStatus?: number;
  /** The connection breaks after its last byte. */
  readonly breaksOff?: true;
  readonly end: ExpectedEnd;
  readonly tokenUsages: readonly ExpectedUsage[];
  /** Each as its id, tool and arguments. */
  readonly toolUsages: readonly (readonly [id: string, tool: string, given: string])[];
  /** Each as its kind and text. */
  readonly modelThoughts: readonly (readonly [kind: string, text: string])[];
  /** The provider's id of the answer, which everything read from it bears. */
  readonly responseId: string;
}

/** How an interception ended, in the words of `recorder.proto`. */
export interface ExpectedEnd {
  readonly status: "COMPLETED" | "FAILED";
  readonly errorType: "UNSPECIFIED" | "RATE_LIMITED" | "OVERLOADED" | "UNAUTHORIZED" | "UNKNOWN";
  readonly errorMessage: string;
}

/** What an answer used, field by field as in `recorder.proto`. */
export interface ExpectedUsage {
  readonly model: string;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly cacheReadTokens: bigint;
  readonly cacheWriteTokens: bigint;
  readonly extraTokens: Readonly<Record<string, bigint>>;
  readonly rawUsage: string;
  readonly serviceTier: string;
  readonly partial: boolean;
}

/** The end of an answer in which nothing went wrong. */
export const completed: ExpectedEnd = {
  status: "COMPLETED",
  errorType: "UNSPECIFIED",
  errorMessage: "",
};

/** The end of an answer whose provider's connection broke. */
export const brokenOff: ExpectedEnd = {
  status: "FAILED",
  errorType: "UNKNOWN",
  errorMessage: "other side closed",
};
