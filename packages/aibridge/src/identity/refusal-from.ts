import { Refusal } from "../refusal.ts";
import { GatewayKeyRefusedError, NotAuthorizedError } from "./authorizer.ts";
import { TooManyAttemptsError } from "./slow-lanes.ts";

/**
 * Tells a no from no answer: what an authorizer rejected with, as the refusal
 * that a client gets for it. Whatever is no known refusal is an outage, and
 * never taken for a no.
 */
export function refusalFrom(cause: unknown): Refusal {
  if (cause instanceof GatewayKeyRefusedError)
    return new Refusal("gateway_key_mismatch", { cause });
  if (cause instanceof NotAuthorizedError) return new Refusal("unauthorized", { cause });
  if (cause instanceof TooManyAttemptsError) return new Refusal("too_many_attempts", { cause });
  return new Refusal("authorizer_unavailable", { cause });
}

/** Whether an authorizer's rejection is a no about the credential. */
export function isNo(error: unknown): boolean {
  return error instanceof NotAuthorizedError || error instanceof GatewayKeyRefusedError;
}
