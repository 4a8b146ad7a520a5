import { brokenOff, completed, type Expected, type ExpectedUsage } from "./expected.ts";

/** What most answers have in common. */
const usage: ExpectedUsage = {
  model: "gpt-5.2-2026-01-01",
  inputTokens: 0n,
  outputTokens: 0n,
  cacheReadTokens: 0n,
  cacheWriteTokens: 0n,
  extraTokens: {},
  rawUsage: "",
  serviceTier: "default",
  partial: false,
};

const cutCall = ["call_unLAR8MvFNptuiZK6K6HCy5k", "get_weather", '{"location":"Paris'] as const;

/** What must be on record of each fixture of the Responses API. */
export const responsesRows: readonly Expected[] = [
  {
    name: "plain",
    end: completed,
    responseId: "resp_plain",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 37n,
        outputTokens: 11n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 0n, total_tokens: 48n },
        rawUsage:
          '{"input_tokens":37,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48}',
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "tool",
    end: completed,
    responseId: "resp_tool",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 291n,
        outputTokens: 23n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 0n, total_tokens: 314n },
        rawUsage:
          '{"input_tokens":291,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":23,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":314}',
      },
    ],
    toolUsages: [["call_unLAR8MvFNptuiZK6K6HCy5k", "get_weather", '{"location":"Paris, France"}']],
    modelThoughts: [],
  },
  {
    name: "parallel-tools",
    end: completed,
    responseId: "resp_parallel_tools",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 300n,
        outputTokens: 60n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 0n, total_tokens: 360n },
        rawUsage:
          '{"input_tokens":300,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":60,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":360}',
      },
    ],
    toolUsages: [
      ["call_A", "get_weather", '{"city": "Oslo"}'],
      ["call_B", "get_time", "{}"],
      ["call_C", "apply_patch", "*** Begin Patch\n*** End Patch"],
    ],
    modelThoughts: [],
  },
  {
    name: "thinking",
    end: completed,
    responseId: "resp_thinking",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 81n,
        outputTokens: 1_035n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 832n, total_tokens: 1_116n },
        rawUsage:
          '{"input_tokens":81,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":1035,"output_tokens_details":{"reasoning_tokens":832},"total_tokens":1116}',
      },
    ],
    toolUsages: [],
    modelThoughts: [
      ["reasoning_summary", "**Counting**\n\nOne, two."],
      ["reasoning_summary", "**Checking**"],
      ["commentary", "I will look first."],
    ],
  },
  {
    name: "cached",
    end: completed,
    responseId: "resp_cached",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 22n,
        outputTokens: 30n,
        cacheReadTokens: 1_920n,
        cacheWriteTokens: 64n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 5n, total_tokens: 2_036n },
        rawUsage:
          '{"input_tokens":2006,"input_tokens_details":{"cached_tokens":1920,"cache_write_tokens":64},"output_tokens":30,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":2036}',
        serviceTier: "priority",
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "server-tools",
    end: completed,
    responseId: "resp_server_tools",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 400n,
        outputTokens: 90n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 0n, total_tokens: 490n },
        rawUsage:
          '{"input_tokens":400,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":90,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":490}',
      },
    ],
    toolUsages: [
      ["ws_1", "web_search_call", '{"action":{"type":"search","query":"weather Oslo"}}'],
      ["fs_1", "file_search_call", '{"queries":["attributes of an ancient brown dragon"]}'],
      ["ci_1", "code_interpreter_call", '{"code":"print(1)"}'],
      [
        "mcp_1",
        "mcp_call",
        '{"server_label":"dmcp","name":"roll","arguments":"{\\"diceRollExpression\\":\\"2d4 + 1\\"}"}',
      ],
    ],
    modelThoughts: [],
  },
  {
    name: "refusal",
    end: completed,
    responseId: "resp_refusal",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 81n,
        outputTokens: 12n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 0n, total_tokens: 93n },
        rawUsage:
          '{"input_tokens":81,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":93}',
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "incomplete",
    end: completed,
    responseId: "resp_incomplete",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 37n,
        outputTokens: 16n,
        extraTokens: { "output_tokens_details.reasoning_tokens": 0n, total_tokens: 53n },
        rawUsage:
          '{"input_tokens":37,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":16,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":53}',
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "failed",
    end: {
      status: "FAILED",
      errorType: "UNKNOWN",
      errorMessage: "server_error: The model failed to generate a response.",
    },
    responseId: "resp_failed",
    tokenUsages: [],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "error-before",
    upstreamStatus: 401,
    end: {
      status: "FAILED",
      errorType: "UNAUTHORIZED",
      errorMessage: "invalid_request_error: Incorrect API key provided",
    },
    responseId: "",
    tokenUsages: [],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "error-after",
    end: {
      status: "FAILED",
      errorType: "UNKNOWN",
      errorMessage: "server_error: The server had an error.",
    },
    responseId: "resp_tool",
    tokenUsages: [],
    toolUsages: [cutCall],
    modelThoughts: [],
  },
  {
    name: "truncated",
    breaksOff: true,
    end: brokenOff,
    responseId: "resp_tool",
    tokenUsages: [],
    toolUsages: [cutCall],
    modelThoughts: [],
  },
];
