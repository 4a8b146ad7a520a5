import { durationMs, integerBetween, variable } from "@aibridge/runtime";
import { flag } from "../command.ts";

/** How far the gateway goes with users' MCP servers. */
export const toolFlags = {
  mcpConnect: flag(
    "--mcp-connect-timeout <time>",
    "how long connecting to an MCP server may take",
    variable("AIBRIDGE_MCP_CONNECT_TIMEOUT", durationMs, "5s"),
  ),
  mcpList: flag(
    "--mcp-list-timeout <time>",
    "how long it may take to list its tools",
    variable("AIBRIDGE_MCP_LIST_TIMEOUT", durationMs, "5s"),
  ),
  mcpCall: flag(
    "--mcp-call-timeout <time>",
    "how long a call of a tool may take",
    variable("AIBRIDGE_MCP_CALL_TIMEOUT", durationMs, "60s"),
  ),
  mcpFirstWait: flag(
    "--mcp-first-wait <time>",
    "how long a user's first request waits for tools at most",
    variable("AIBRIDGE_MCP_FIRST_WAIT", durationMs, "2s"),
  ),
  mcpResultBytes: flag(
    "--mcp-result-max-bytes <bytes>",
    "what a model is told of a tool's result at most",
    variable("AIBRIDGE_MCP_RESULT_MAX_BYTES", integerBetween(1, 2 ** 30), "1048576"),
  ),
  toolRounds: flag(
    "--tool-rounds-max <number>",
    "how often a provider is asked for one request whose tools the gateway runs",
    variable("AIBRIDGE_TOOL_ROUNDS_MAX", integerBetween(1, 1_000), "10"),
  ),
  toolTimeout: flag(
    "--tool-timeout <time>",
    "until when further such calls begin",
    variable("AIBRIDGE_TOOL_TIMEOUT", durationMs, "5m"),
  ),
  toolTokens: flag(
    "--tool-tokens-max <number>",
    "after how many tokens none begins",
    variable("AIBRIDGE_TOOL_TOKENS_MAX", integerBetween(1, 1e12), "2000000"),
  ),
};
