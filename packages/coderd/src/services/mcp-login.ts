import { randomUUID } from "node:crypto";
import type { MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { deadline } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { userCaller } from "../auth/caller.ts";
import { hashSecret } from "../keys/secret-hash.ts";
import { beginLogin, finishLogin } from "../oauth/login.ts";
import { revokeToken } from "../oauth/tokens.ts";
import type { McpLogin, McpLoginAttempt } from "../store/mcp-logins.ts";
import type { McpServer } from "../store/mcp-servers.ts";
import type { ServiceContext } from "./context.ts";
import { findMcpServer } from "./mcp-find-server.ts";
import {
  openAttemptSecrets,
  openLoginSecrets,
  openServerSecrets,
  sealAttemptSecrets,
  sealLoginSecrets,
} from "./mcp-secrets.ts";
import { mcpServerMessage } from "./mcp-server-message.ts";
import { requireParameters, requireRedirectUri } from "./mcp-validate.ts";

/** For all calls out of one RPC together: a start may take five. */
const loginTimeoutMs = 8_000;
const attemptLifetimeMs = 10 * 60_000;

type LoginMethods = Pick<
  ServiceImpl<typeof MCPServerService>,
  "startMCPServerLogin" | "completeMCPServerLogin" | "logoutMCPServer"
>;

/** Users log in at MCP servers, and out, each for themselves. */
export function mcpLogins(context: ServiceContext): LoginMethods {
  return {
    async startMCPServerLogin({ id, redirectUri }, { values, signal }) {
      const uri = requireRedirectUri("redirect_uri", redirectUri);
      const server = await findMcpServer(context, id);
      if (server.auth !== "oauth") {
        throw new ConnectError("this MCP server takes no login", Code.FailedPrecondition);
      }
      using limit = deadline(loginTimeoutMs, signal);
      return await start(context, userCaller(values).userId, server, uri, limit.signal);
    },
    async completeMCPServerLogin({ parameters }, { values, signal }) {
      const checked = requireParameters("parameters", parameters);
      const attempt = await take(context, userCaller(values).userId, checked.state ?? "");
      const server = await findMcpServer(context, attempt.serverId);
      using limit = deadline(loginTimeoutMs, signal);
      await complete(context, attempt, checked, limit.signal);
      return { mcpServer: mcpServerMessage(server, true) };
    },
    async logoutMCPServer({ id }, { values, signal }) {
      const server = await findMcpServer(context, id);
      const login = await context.store.mcpLogins.get(userCaller(values).userId, server.id);
      if (login === undefined) return {};
      // First, so that the logout holds whatever the other side does.
      await context.store.mcpLogins.end(login.id);
      using limit = deadline(loginTimeoutMs, signal);
      await revoke(context, server, login, limit.signal);
      return {};
    },
  };
}

async function start(
  { store, keyRing, now }: ServiceContext,
  userId: string,
  server: McpServer,
  redirectUri: string,
  signal: AbortSignal,
): Promise<{ authorizationUrl: string; state: string }> {
  const { clientSecret } = openServerSecrets(keyRing, server);
  const { url, oauthClientId: clientId, oauthScopes: scopes } = server;
  const begun = await beginLogin({ url, clientId, clientSecret, scopes }, redirectUri, signal);
  const row = { userId, serverId: server.id };
  const createTime = now();
  const attempt: McpLoginAttempt = {
    ...row,
    ...sealAttemptSecrets(keyRing, row, {
      codeVerifier: begun.codeVerifier,
      clientSecret: begun.clientSecret,
    }),
    stateHash: hashSecret(new Secret(begun.state)),
    serverUrl: url,
    redirectUri,
    client: begun.client,
    scopes: begun.scopes,
    createTime,
  };
  await store.mcpLogins.start(attempt, oldest(createTime));
  return { authorizationUrl: begun.authorizationUrl, state: begun.state };
}

/** Each login can be completed once, by whom began it: what fails is begun anew. */
async function take(
  { store, now }: ServiceContext,
  userId: string,
  state: string,
): Promise<McpLoginAttempt> {
  const stateHash = hashSecret(new Secret(state));
  const attempt = await store.mcpLogins.take(stateHash, userId, oldest(now()));
  if (attempt !== undefined) return attempt;
  throw new ConnectError(
    "no such login: it began more than 10 minutes ago, was completed, or is another user's",
    Code.NotFound,
  );
}

function oldest(now: Date): Date {
  return new Date(now.getTime() - attemptLifetimeMs);
}

async function complete(
  { store, keyRing, now }: ServiceContext,
  attempt: McpLoginAttempt,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { userId, serverId, serverUrl, redirectUri, client } = attempt;
  const { codeVerifier, clientSecret } = openAttemptSecrets(keyRing, attempt);
  const state = parameters.state ?? "";
  const tokens = await finishLogin(
    { serverUrl, redirectUri, client, clientSecret, codeVerifier, state, parameters },
    signal,
  );
  const { accessToken, refreshToken, lifetimeMs, scopes = attempt.scopes } = tokens;
  const createTime = now();
  const login = {
    id: randomUUID(),
    userId,
    serverId,
    client,
    scopes,
    ...sealLoginSecrets(keyRing, attempt, { accessToken, refreshToken, clientSecret }),
    expireTime: lifetimeMs === undefined ? null : new Date(createTime.getTime() + lifetimeMs),
    createTime,
  };
  await store.mcpLogins.save(login, serverUrl);
}

/** Tells the authorization server, if it can be told. We have forgotten the tokens either way. */
async function revoke(
  { keyRing, log }: ServiceContext,
  server: McpServer,
  login: McpLogin,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { accessToken, refreshToken, clientSecret } = openLoginSecrets(keyRing, login);
    const known = { client: login.client, clientSecret, serverUrl: server.url };
    // RFC 7009, 2.1: with the refresh token go the access tokens that it gave.
    await revokeToken(known, refreshToken ?? accessToken, signal);
  } catch (err) {
    log.warn({ err, mcpServerId: server.id, userId: login.userId }, "an MCP token was not revoked");
  }
}
