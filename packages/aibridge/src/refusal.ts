/**
 * Why a request was not served. Names are stable: they stand in log lines and,
 * where the API's format has a place for a code, in answers.
 */
export type RefusalReason = keyof typeof refusals;

/** What wire.md, section 3, says of each refusal: its status and public words. */
const refusals = {
  missing_credential: { status: 400, message: "no authentication key provided" },
  malformed_delegation: { status: 400, message: "invalid AI Gateway delegation metadata" },
  invalid_body: { status: 400, message: "request body is not valid JSON" },
  body_too_complex: {
    status: 400,
    message: "request body is nested too deep, or has too many values",
  },
  incomplete_body: { status: 400, message: "request body ended early" },
  not_forwardable: { status: 400, message: "request can't be forwarded" },
  unsupported_encoding: { status: 415, message: "request content-encoding is not supported" },
  credential_in_request: {
    status: 400,
    message: "request contains the gateway key, which must not reach a provider",
  },
  gateway_key_mismatch: { status: 401, message: "gateway key mismatch" },
  unauthorized: { status: 403, message: "unauthorized" },
  no_upstream_credential: { status: 403, message: "upstream authentication unavailable" },
  route_not_supported: { status: 404, message: "route not supported" },
  rate_limited: { status: 429, message: "too many requests in a minute" },
  too_many_requests_at_once: { status: 429, message: "too many requests at the same time" },
  body_too_slow: { status: 408, message: "the request took too long to arrive" },
  body_too_large: { status: 413, message: "request body is too large" },
  too_many_attempts: { status: 429, message: "too many failed attempts from this address" },
  handler_unavailable: { status: 500, message: "failed to acquire request handler" },
  internal: { status: 500, message: "internal error" },
  websocket_not_supported: {
    status: 501,
    message: "WebSocket transport is not supported, use HTTP",
  },
  upstream_unreachable: { status: 502, message: "could not reach the provider" },
  authorizer_unavailable: { status: 503, message: "could not connect to coderd" },
  record_unavailable: { status: 503, message: "the record is unavailable" },
  circuit_open: { status: 503, message: "the provider fails all requests for this model" },
  provider_unusable: { status: 503, message: "the provider is not usable as it is configured" },
  provider_disabled: { status: 503, message: "provider_disabled" },
  overloaded: { status: 503, message: "the gateway is overloaded" },
  draining: { status: 503, message: "the gateway is shutting down" },
  upstream_timeout: { status: 504, message: "the provider did not answer in time" },
} as const;

/**
 * A request that ends here: a stable reason, a status and a message for the
 * client, and the cause for the log. Thrown anywhere behind the door, turned
 * into an answer by the door alone.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: RefusalReason;
  readonly status: number;
  readonly #retryAfterS: number;

  /**
   * @param detail replaces the public message where the client needs more than
   *   the fixed words.
   * @param retryAfterS when another attempt makes sense, in seconds, for those
   *   that pass. Default 1.
   */
  constructor(
    reason: RefusalReason,
    options?: { detail?: string; cause?: unknown; retryAfterS?: number },
  ) {
    super(options?.detail ?? refusals[reason].message, { cause: options?.cause });
    this.reason = reason;
    this.status = refusals[reason].status;
    this.#retryAfterS = options?.retryAfterS ?? 1;
  }

  /** The headers that belong to this refusal, beside those of every answer. */
  get headers(): readonly string[] {
    if (this.status === 503 || this.status === 429) {
      return ["retry-after", String(this.#retryAfterS)];
    }
    if (this.reason === "gateway_key_mismatch") return gatewayKeyMismatch;
    return [];
  }
}

const gatewayKeyMismatch = ["x-coder-ai-gateway-error", "gateway_key_mismatch"];

/** The refusal that an exchange was cut with; undefined if it goes on, or its caller left. */
export function cutBy(signal: AbortSignal): Refusal | undefined {
  return signal.aborted && signal.reason instanceof Refusal ? signal.reason : undefined;
}
