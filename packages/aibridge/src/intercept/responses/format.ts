import { type Format, modelAndStreaming } from "../format.ts";

/** The OpenAI Responses API: https://platform.openai.com/docs/api-reference/responses */
export const responses: Format = {
  name: "responses",
  requestFacts: modelAndStreaming,
  streamError: (message) => {
    const data = { type: "error", code: "server_error", message, param: null };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
  },
};
