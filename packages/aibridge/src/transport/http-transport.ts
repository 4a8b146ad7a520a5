import type { Secret } from "@aibridge/secret";
import {
  createTransport,
  type Fetch,
  gatewayTarget,
  type TransportFactory,
} from "./transport-factory.ts";

export interface HttpTransportOptions {
  /** Where the gateway is, without a provider's name. */
  readonly gatewayUrl: string;
  /** A gateway key that is allowed to delegate. */
  readonly gatewayKey: Secret;
  /** Default: the global one. It must honour `redirect`. */
  readonly fetch?: Fetch;
}

/**
 * Transports to a gateway in another process (wire.md, section 4). Nothing is
 * retried and no redirect is followed: both could send a user's request twice,
 * or our key elsewhere.
 */
export function createHttpTransportFactory(options: HttpTransportOptions): TransportFactory {
  const { gatewayKey, fetch = globalThis.fetch } = options;
  const gatewayUrl = options.gatewayUrl.replace(/\/+$/, "");
  return {
    transportFor: (providerName, source) =>
      createTransport(providerName, source, async (request, apiKeyId) => {
        const headers = new Headers(request.headers);
        headers.set("x-coder-ai-gateway-key", gatewayKey.reveal());
        headers.set("x-coder-ai-gateway-delegated-key-id", apiKeyId);
        headers.set("x-coder-ai-gateway-source", source);
        const url = gatewayUrl + gatewayTarget(providerName, request);
        const { method, body, signal } = request;
        const init = { method, headers, body, signal, duplex: "half", redirect: "manual" } as const;
        return refuseSurprises(await fetch(url, init));
      }),
  };
}

/**
 * The gateway did not accept the gateway key. Retryable: a key that is being
 * rotated may be accepted by the next gateway that is asked.
 */
export class GatewayKeyMismatchError extends Error {
  override readonly name = "GatewayKeyMismatchError";
  readonly retryable = true;
  constructor() {
    super("the gateway did not accept the gateway key");
  }
}

/** A gateway redirects nobody: something else answered. */
export class UnexpectedRedirectError extends Error {
  override readonly name = "UnexpectedRedirectError";
  readonly status: number;
  constructor(status: number) {
    super(`refused to follow a redirect (status ${status}): a gateway sends none`);
    this.status = status;
  }
}

async function refuseSurprises(response: Response): Promise<Response> {
  const { status, headers } = response;
  const mismatch =
    status === 401 && headers.get("x-coder-ai-gateway-error") === "gateway_key_mismatch";
  const redirect = redirects.has(status) || response.type === "opaqueredirect";
  if (!mismatch && !redirect) return response;
  await response.body?.cancel();
  throw mismatch ? new GatewayKeyMismatchError() : new UnexpectedRedirectError(status);
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
