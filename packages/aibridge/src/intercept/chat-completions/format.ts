import { type Format, modelAndStreaming } from "../format.ts";

/** The OpenAI Chat Completions API: https://platform.openai.com/docs/api-reference/chat */
export const chatCompletions: Format = {
  name: "chat-completions",
  requestFacts: modelAndStreaming,
  // No `[DONE]` after it: that would say that the answer is complete.
  streamError: (message) => {
    const data = { error: { message, type: "server_error", param: null, code: null } };
    return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
  },
};
