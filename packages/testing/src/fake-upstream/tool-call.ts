/** A call of a client's tool that a scripted answer makes. */
export interface ToolCall {
  /** The provider's id of the call, such as `toolu_01` or `call_01`. */
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the canned answers say unless told otherwise. */
export const cannedText = "Hello from the upstream.";
