import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/server";

/** A call that a fake MCP server got. */
export interface FakeToolCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Aborts when the client cancels the call. */
  readonly signal: AbortSignal;
}

/** A tool of a fake MCP server, and what it does. */
export interface FakeTool {
  readonly name: string;
  readonly description?: string;
  /** Default: an object of anything. */
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  run(call: FakeToolCall): Promise<CallToolResult> | CallToolResult;
}

/** Answers with the same content each time. */
export function saying(name: string, ...content: readonly ContentBlock[]): FakeTool {
  return { name, run: () => ({ content: [...content] }) };
}

/** Answers with its arguments, as JSON. */
export function echoing(name: string): FakeTool {
  return { name, run: ({ args }) => ({ content: [text(JSON.stringify(args))] }) };
}

/** Ran, and reports that it did not work out. */
export function failing(name: string, why: string): FakeTool {
  return { name, run: () => ({ content: [text(why)], isError: true }) };
}

/** Never answers by itself. */
export function hanging(name: string): FakeTool {
  return { name, run: () => Promise.withResolvers<CallToolResult>().promise };
}

/** Answers with that many bytes of text. */
export function large(name: string, bytes: number): FakeTool {
  return saying(name, text("x".repeat(bytes)));
}

/** Answers with an image of one pixel, and an embedded text. */
export function picturesque(name: string): FakeTool {
  return saying(
    name,
    { type: "image", data: onePixel, mimeType: "image/png" },
    { type: "resource", resource: { uri: "file:///a.txt", mimeType: "text/plain", text: "a" } },
  );
}

/** A block of text. */
export function text(value: string): ContentBlock {
  return { type: "text", text: value };
}

const onePixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
