import type { ProviderType } from "./providers/provider.ts";
import type { Refusal } from "./refusal.ts";

/**
 * The body of a refusal in the format of the API being spoken, so that the
 * caller's SDK raises its own error class with our words (wire.md, section 3).
 */
export function errorBody(
  refusal: Refusal,
  api: ProviderType | undefined,
  requestId: string,
): string {
  return JSON.stringify(errorObject(refusal, api, requestId));
}

function errorObject(refusal: Refusal, api: ProviderType | undefined, requestId: string): object {
  const { message, status, reason } = refusal;
  switch (api) {
    case "anthropic":
      return {
        type: "error",
        error: { type: anthropicType(status), message },
        request_id: requestId,
      };
    case "openai":
      return { error: { message, type: openaiType(status), param: null, code: reason } };
    default:
      return { error: { message } };
  }
}

/** Source: https://platform.claude.com/docs/en/api/errors */
function anthropicType(status: number): string {
  const types: Record<number, string> = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
  };
  return types[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
}

/** Source: https://platform.openai.com/docs/guides/error-codes */
function openaiType(status: number): string {
  const types: Record<number, string> = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
  };
  return types[status] ?? (status < 500 ? "invalid_request_error" : "server_error");
}
