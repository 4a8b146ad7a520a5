import { delegatedApiKeyId } from "../identity/delegated-api-key-id.ts";

/** A `fetch` as SDKs take it: `new Anthropic({ fetch })`, `new OpenAI({ fetch })`. */
export type Fetch = typeof globalThis.fetch;

/** Hands out transports by which a service acts for a user whose key id it holds. */
export interface TransportFactory {
  /**
   * A `fetch` that sends upstream-shaped requests (`/v1/messages`) to a
   * provider's routes of the gateway. Only the path and query of the URL count:
   * its host is where the SDK believes the provider to be.
   *
   * Each request runs as the user whose key id is in the caller's context at
   * that moment (`runWithDelegatedApiKeyId`). The caller's `Request` and init
   * are left as they were.
   *
   * @param source which in-house caller asks, for example `agents`: for logs,
   *   never for decisions.
   * @throws NoDelegationError if no key id is in context, here and in the
   *   `fetch`, before anything else happens.
   * @throws TypeError if the provider's name is not a single path segment.
   */
  transportFor(providerName: string, source: string): Fetch;
}

/** Nobody was delegated: the code runs outside of `runWithDelegatedApiKeyId`. */
export class NoDelegationError extends Error {
  override readonly name = "NoDelegationError";
  constructor() {
    super("no delegated API key id in context: call this within runWithDelegatedApiKeyId");
  }
}

/** What a kind of transport does with one request, of which the identity is settled. */
export type Send = (request: Request, apiKeyId: string) => Promise<Response>;

/** What both kinds of transport promise, around the `send` by which they differ. */
export function createTransport(providerName: string, source: string, send: Send): Fetch {
  requireDelegation();
  requirePathSegment(providerName);
  if (source.trim() === "") throw new TypeError("the source of a transport must be named");
  return async (input, init) => {
    const apiKeyId = requireDelegation();
    // A copy: what the caller handed over stays unread and unchanged.
    const request = new Request(input instanceof Request ? input.clone() : input, init);
    return await send(request, apiKeyId);
  };
}

/** Path and query of a provider's route, as the gateway knows it. */
export function gatewayTarget(providerName: string, request: Request): string {
  const { pathname, search } = new URL(request.url);
  return `/${providerName}${pathname}${search}`;
}

function requireDelegation(): string {
  const apiKeyId = delegatedApiKeyId();
  if (!apiKeyId) throw new NoDelegationError();
  return apiKeyId;
}

function requirePathSegment(name: string): void {
  if (name === "" || name === "." || name === ".." || /[/\\%?#]/.test(name)) {
    throw new TypeError(`provider name ${JSON.stringify(name)} is not a single path segment`);
  }
}
