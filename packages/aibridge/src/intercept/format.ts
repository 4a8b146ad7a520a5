/** One of the wire formats that the gateway reads. Siblings: knowing one is knowing all. */
export interface Format {
  readonly name: "messages" | "chat-completions" | "responses";
  /** What the request says of itself. `body` is the request's JSON, of any shape. */
  requestFacts(body: unknown): RequestFacts;
  /**
   * The bytes by which a stream that broke off tells so in this format. Sent
   * only where the stream stands between two events.
   */
  streamError(message: string): Uint8Array;
}

export interface RequestFacts {
  /** As the client named it; empty if it didn't. */
  readonly model: string;
  /** Whether the client asked for server-sent events. */
  readonly streaming: boolean;
}

/** Model and streaming stand in the same two places in all three formats. */
export function modelAndStreaming(body: unknown): RequestFacts {
  const { model, stream } = isObject(body) ? body : {};
  return { model: typeof model === "string" ? model : "", streaming: stream === true };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
