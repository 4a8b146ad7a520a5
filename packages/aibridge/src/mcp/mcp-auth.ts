import type { AuthProvider, FetchLike } from "@modelcontextprotocol/client";
import type { McpCredential } from "./mcp-credential.ts";

/** What the SDK's transport needs to present a credential. */
export interface McpAuth {
  readonly authProvider: AuthProvider;
  /** The given fetch, which remembers for the provider what each request presented. */
  readonly fetch: FetchLike;
}

/**
 * A bearer token with each request. On a 401 the SDK asks the provider to renew
 * and repeats the request once. Many calls may be refused together, also after
 * another one of them renewed: which token was refused is told by its answer.
 */
export function createMcpAuth({ token, renew }: McpCredential, fetch: FetchLike): McpAuth {
  const presented = new WeakMap<Response, string>();
  const provider: AuthProvider = { token: async () => (await token())?.reveal() };
  if (!renew) return { authProvider: provider, fetch };
  return {
    authProvider: {
      ...provider,
      onUnauthorized: ({ response }) => renew(presented.get(response) ?? ""),
    },
    async fetch(url, init) {
      const response = await fetch(url, init);
      const authorization = new Headers(init?.headers).get("authorization") ?? "";
      presented.set(response, authorization.replace(/^Bearer /, ""));
      return response;
    },
  };
}
