import type { Secret } from "@aibridge/secret";

/** What a server wants to see before it lets a user in, besides its headers. */
export type McpAuth =
  /** Nothing. */
  | "none"
  /** The user's own access token for that server. */
  | "access-token"
  /** The full key that the caller sent: Coder's own server, and no other. */
  | "session-key";

/** An MCP server whose tools a user's requests get. */
export interface McpServerConfig {
  /** Its name in tools; unique among a user's servers. */
  readonly id: string;
  /** Where it speaks the streamable HTTP transport. */
  readonly url: string;
  readonly auth: McpAuth;
  /** RE2. Tools are left out unless their bare name matches. Empty: all match. */
  readonly toolAllowRegex: string;
  /** RE2. Tools are left out if their bare name matches. Empty: none does. */
  readonly toolDenyRegex: string;
  /** Go with every request to it. */
  readonly headers: ReadonlyMap<string, Secret>;
}

/** A user's access tokens, by the id of the server. */
export interface McpAccessTokens {
  readonly tokens: ReadonlyMap<string, Secret>;
  /** Why there is none, for people. */
  readonly errors: ReadonlyMap<string, string>;
}

/**
 * Who knows a user's MCP servers, and the user's access to them. Asked once in
 * the lifetime of a request handler, which bounds the age of the answers, and
 * again for a token that a server refused.
 */
export interface McpConfigurator {
  /** Rejects if there is no answer, and with the signal's reason once it aborts. */
  serversOf(userId: string, signal: AbortSignal): Promise<readonly McpServerConfig[]>;
  /** An entry in one of the two maps for each id. Rejects as `serversOf` does. */
  accessTokensOf(
    userId: string,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<McpAccessTokens>;
}
