import { brokenOff, completed, type Expected, type ExpectedUsage } from "./expected.ts";

/** What most answers have in common. */
const usage: ExpectedUsage = {
  model: "claude-sonnet-4-5-20250929",
  inputTokens: 25n,
  outputTokens: 0n,
  cacheReadTokens: 0n,
  cacheWriteTokens: 0n,
  extraTokens: {
    "cache_creation.ephemeral_5m_input_tokens": 0n,
    "cache_creation.ephemeral_1h_input_tokens": 0n,
  },
  rawUsage: "",
  serviceTier: "standard",
  partial: false,
};

/** What must be on record of each fixture of the Messages API. */
export const messagesRows: readonly Expected[] = [
  {
    name: "plain",
    end: completed,
    responseId: "msg_plain",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 15n,
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":15,"service_tier":"standard"}',
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "tool",
    end: completed,
    responseId: "msg_tool",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 89n,
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":89,"service_tier":"standard"}',
      },
    ],
    toolUsages: [
      [
        "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
        "get_weather",
        '{"location":"San Francisco, CA","unit":"fahrenheit"}',
      ],
    ],
    modelThoughts: [],
  },
  {
    name: "parallel-tools",
    end: completed,
    responseId: "msg_parallel_tools",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 120n,
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":120,"service_tier":"standard"}',
      },
    ],
    toolUsages: [
      ["toolu_A", "get_weather", '{"city":"Oslo"}'],
      ["toolu_B", "get_time", "{}"],
      ["toolu_C", "get_weather", '{"city":"Rio","days":[1,2]}'],
    ],
    modelThoughts: [],
  },
  {
    name: "thinking",
    end: completed,
    responseId: "msg_thinking",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 310n,
        extraTokens: { ...usage.extraTokens, "output_tokens_details.thinking_tokens": 280n },
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":310,"service_tier":"standard","output_tokens_details":{"thinking_tokens":280}}',
      },
    ],
    toolUsages: [],
    modelThoughts: [["thinking", "27 * 453: 20 * 453 = 9060.\nThen 7 * 453."]],
  },
  {
    name: "cached",
    end: completed,
    responseId: "msg_cached",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 9n,
        outputTokens: 503n,
        cacheReadTokens: 20_000n,
        cacheWriteTokens: 556n,
        extraTokens: {
          "cache_creation.ephemeral_5m_input_tokens": 456n,
          "cache_creation.ephemeral_1h_input_tokens": 100n,
        },
        rawUsage:
          '{"input_tokens":9,"cache_creation_input_tokens":556,"cache_read_input_tokens":20000,"cache_creation":{"ephemeral_5m_input_tokens":456,"ephemeral_1h_input_tokens":100},"output_tokens":503,"service_tier":"priority"}',
        serviceTier: "priority",
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "server-tools",
    end: completed,
    responseId: "msg_server_tools",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 10_682n,
        outputTokens: 510n,
        extraTokens: {
          ...usage.extraTokens,
          "server_tool_use.web_search_requests": 1n,
          "server_tool_use.web_fetch_requests": 0n,
        },
        rawUsage:
          '{"input_tokens":10682,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":510,"service_tier":"standard","server_tool_use":{"web_search_requests":1,"web_fetch_requests":0}}',
      },
    ],
    toolUsages: [
      ["srvtoolu_014hJH82Qum7Td6UV8gDXThB", "web_search", '{"query":"weather NYC today"}'],
      ["mcptoolu_014Q35RayjACSWkSj4X2yov1", "echo", '{"param1":"value1"}'],
    ],
    modelThoughts: [],
  },
  {
    name: "refusal",
    end: completed,
    responseId: "msg_refusal",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 3n,
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":3,"service_tier":"standard"}',
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "error-before",
    upstreamStatus: 529,
    end: {
      status: "FAILED",
      errorType: "OVERLOADED",
      errorMessage: "overloaded_error: Overloaded",
    },
    responseId: "",
    tokenUsages: [],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "error-after",
    end: { status: "FAILED", errorType: "UNKNOWN", errorMessage: "overloaded_error: Overloaded" },
    responseId: "msg_tool",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 1n,
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}',
        partial: true,
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "truncated",
    breaksOff: true,
    end: brokenOff,
    responseId: "msg_tool",
    tokenUsages: [
      {
        ...usage,
        outputTokens: 1n,
        rawUsage:
          '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}',
        partial: true,
      },
    ],
    toolUsages: [
      [
        "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
        "get_weather",
        '{"location": "San Francisco, CA", "unit": "fahren',
      ],
    ],
    modelThoughts: [],
  },
];
