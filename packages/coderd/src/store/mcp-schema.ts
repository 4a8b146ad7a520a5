/** The tables of MCP servers, and of the access that users give to them. */
export interface McpSchema {
  readonly mcpServers: McpServersTable;
  readonly mcpLogins: McpLoginsTable;
  readonly mcpLoginAttempts: McpLoginAttemptsTable;
}

/** How an MCP server knows who calls. */
export type McpServerAuth = "none" | "oauth" | "coder";

/** How near the network an address is in: see oauth/reach.ts. */
export type Reach = "public" | "private" | "loopback";

/** The OAuth client of a login, and what of its authorization server is needed later. No secrets. */
export interface McpOAuthClient {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string | null;
  /** Whether answers to the redirect URI name the issuer (RFC 9207). */
  readonly sendsIssuer: boolean;
  /** How it signs the id tokens that it may add; empty: as is usual (RS256). */
  readonly idTokenAlgorithms: readonly string[];
  readonly clientId: string;
  readonly clientAuth: "none" | "client_secret_basic" | "client_secret_post";
  /** What tokens are asked for (RFC 8707). */
  readonly resource: string;
  /** As near as the MCP server was at login. */
  readonly reach: Reach;
}

interface McpServersTable {
  readonly id: string;
  readonly url: string;
  readonly auth: McpServerAuth;
  readonly enabled: boolean;
  readonly toolAllowRegex: string;
  readonly toolDenyRegex: string;
  readonly headerNames: readonly string[];
  readonly oauthClientId: string;
  readonly oauthScopes: readonly string[];
  readonly secretsKeyId: string | null;
  readonly secretsSealed: Uint8Array | null;
  readonly createTime: Date;
  readonly updateTime: Date;
}

interface McpLoginsTable {
  /** Another with each login, so that what belongs to an old one can't touch a new one. */
  readonly id: string;
  readonly userId: string;
  readonly serverId: string;
  readonly client: McpOAuthClient;
  readonly scopes: readonly string[];
  readonly tokensKeyId: string;
  readonly tokensSealed: Uint8Array;
  /** When the access token expires; null if the authorization server did not say. */
  readonly expireTime: Date | null;
  /** Until then, whoever set it has the refresh token to themselves. */
  readonly refreshUntil: Date | null;
  readonly createTime: Date;
}

interface McpLoginAttemptsTable {
  /** SHA-256 of `state`: who reads the table can't complete a login. */
  readonly stateHash: Uint8Array;
  readonly userId: string;
  readonly serverId: string;
  /** The server's URL at the start: the tokens are for what was there. */
  readonly serverUrl: string;
  readonly redirectUri: string;
  readonly client: McpOAuthClient;
  readonly scopes: readonly string[];
  readonly secretsKeyId: string;
  readonly secretsSealed: Uint8Array;
  readonly createTime: Date;
}
