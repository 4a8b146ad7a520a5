import { type Format, modelAndStreaming } from "../format.ts";

/** The Anthropic Messages API: https://platform.claude.com/docs/en/api/messages */
export const messages: Format = {
  name: "messages",
  requestFacts: modelAndStreaming,
  streamError: (message) => {
    const data = { type: "error", error: { type: "api_error", message } };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
  },
};
