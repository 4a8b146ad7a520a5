import { type Answer, jsonAnswer } from "../answer.ts";

/** The headers that OpenAI sends with a successful answer and that clients read. */
export const openaiHeaders: Answer["headers"] = [
  ["x-request-id", "req_upstream_openai"],
  ["openai-organization", "org-upstream"],
  ["openai-processing-ms", "42"],
  ["openai-version", "2020-10-01"],
  ["x-ratelimit-limit-requests", "500"],
  ["x-ratelimit-remaining-requests", "499"],
  ["x-ratelimit-reset-requests", "120ms"],
];

const errors: Readonly<
  Record<number, readonly [type: string, code: string | null, message: string]>
> = {
  400: ["invalid_request_error", null, "Missing required parameter: 'model'."],
  401: ["invalid_request_error", "invalid_api_key", "Incorrect API key provided."],
  403: ["invalid_request_error", "permission_denied", "You are not allowed to use this model."],
  404: ["invalid_request_error", "model_not_found", "The model does not exist."],
  429: ["requests", "rate_limit_exceeded", "Rate limit reached for requests per min."],
  500: ["server_error", null, "The server had an error while processing your request."],
  503: ["server_error", null, "The engine is currently overloaded, please try again later."],
};

/** An error as OpenAI words it: 429 with `retry-after` and the limit that was reached. */
export function error(status: number, message?: string): Answer {
  const [type, code, usual] = errors[status] ?? ["server_error", null, "Internal error"];
  const limited: Answer["headers"] =
    status === 429
      ? [
          ["retry-after", "17"],
          ["retry-after-ms", "17000"],
          ["x-ratelimit-remaining-requests", "0"],
        ]
      : [];
  return jsonAnswer(status, [["x-request-id", `req_upstream_${status}`], ...limited], {
    error: { message: message ?? usual, type, param: null, code },
  });
}

/** OpenAI's models. */
export function models(): Answer {
  return jsonAnswer(200, openaiHeaders, {
    object: "list",
    data: [{ id: "gpt-5.2", object: "model", created: 1_767_225_600, owned_by: "openai" }],
  });
}
