/** The bounds of everything about MCP that can be set. */
export interface McpLimits {
  /** To connect to a server and agree on a protocol. Default 5 s. */
  readonly mcpConnectMs: number;
  /** To list all tools of a server. Default 5 s. */
  readonly mcpListMs: number;
  /** For a call of a tool, from asking to the last byte of its result. Default 60 s. */
  readonly mcpCallMs: number;
  /** How long the first request of a handler waits for tools. Default 2 s. */
  readonly mcpFirstWaitMs: number;
  /** What a model is told of a result at most, in bytes of UTF-8. Default 1 MiB. */
  readonly mcpResultBytesMax: number;
}

export const defaultMcpLimits: McpLimits = {
  mcpConnectMs: 5_000,
  mcpListMs: 5_000,
  mcpCallMs: 60_000,
  mcpFirstWaitMs: 2_000,
  mcpResultBytesMax: 1_024 * 1_024,
};
