import { brokenOff, completed, type Expected, type ExpectedUsage } from "./expected.ts";

/** What most answers have in common. */
const usage: ExpectedUsage = {
  model: "gpt-4o-2024-08-06",
  inputTokens: 19n,
  outputTokens: 10n,
  cacheReadTokens: 0n,
  cacheWriteTokens: 0n,
  extraTokens: {},
  rawUsage: '{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}',
  serviceTier: "default",
  partial: false,
};

const cutCall = ["call_DdmO9pD3xa9XTPNJ32zg2hcA", "get_weather", '{"location": "Paris, '] as const;

/** What must be on record of each fixture of the Chat Completions API. */
export const chatCompletionsRows: readonly Expected[] = [
  {
    name: "plain",
    end: completed,
    responseId: "chatcmpl-plain",
    tokenUsages: [usage],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "tool",
    end: completed,
    responseId: "chatcmpl-tool",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 82n,
        outputTokens: 17n,
        rawUsage: '{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99}',
      },
    ],
    toolUsages: [["call_DdmO9pD3xa9XTPNJ32zg2hcA", "get_weather", '{"location": "Paris, France"}']],
    modelThoughts: [],
  },
  {
    name: "parallel-tools",
    end: completed,
    responseId: "chatcmpl-parallel-tools",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 100n,
        outputTokens: 40n,
        rawUsage: '{"prompt_tokens":100,"completion_tokens":40,"total_tokens":140}',
      },
    ],
    toolUsages: [
      ["call_A", "get_weather", '{"city": "Oslo"}'],
      ["call_B", "get_time", "{}"],
      ["call_C", "run_sql", "SELECT 1;"],
    ],
    modelThoughts: [],
  },
  {
    name: "legacy-function-call",
    end: completed,
    responseId: "chatcmpl-legacy-function-call",
    tokenUsages: [usage],
    toolUsages: [["", "get_weather", '{"city": "Oslo"}']],
    modelThoughts: [],
  },
  {
    name: "cached",
    end: completed,
    responseId: "chatcmpl-cached",
    tokenUsages: [
      {
        ...usage,
        inputTokens: 86n,
        outputTokens: 300n,
        cacheReadTokens: 1_920n,
        extraTokens: {
          "prompt_tokens_details.audio_tokens": 6n,
          "completion_tokens_details.reasoning_tokens": 192n,
          "completion_tokens_details.audio_tokens": 8n,
          "completion_tokens_details.accepted_prediction_tokens": 40n,
          "completion_tokens_details.rejected_prediction_tokens": 12n,
        },
        rawUsage:
          '{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":6},"completion_tokens_details":{"reasoning_tokens":192,"audio_tokens":8,"accepted_prediction_tokens":40,"rejected_prediction_tokens":12}}',
      },
    ],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "refusal",
    end: completed,
    responseId: "chatcmpl-refusal",
    tokenUsages: [usage],
    toolUsages: [],
    modelThoughts: [],
  },
  {
    name: "error-before",
    upstreamStatus: 429,
    end: {
      status: "FAILED",
      errorType: "RATE_LIMITED",
      errorMessage: "tokens: Rate limit reached for gpt-4o",
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
      errorMessage: "server_error: The server had an error while processing your request.",
    },
    responseId: "chatcmpl-tool",
    tokenUsages: [],
    toolUsages: [cutCall],
    modelThoughts: [],
  },
  {
    name: "truncated",
    breaksOff: true,
    end: brokenOff,
    responseId: "chatcmpl-tool",
    tokenUsages: [],
    toolUsages: [cutCall],
    modelThoughts: [],
  },
];
