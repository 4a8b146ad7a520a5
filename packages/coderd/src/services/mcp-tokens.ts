import { setTimeout as sleep } from "node:timers/promises";
import { aborted, deadline } from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import { errorCode } from "../error-code.ts";
import { OAuthFailure } from "../oauth/failure.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import { refreshTokens, revokeToken } from "../oauth/tokens.ts";
import type { McpLogin } from "../store/mcp-logins.ts";
import type { McpServer } from "../store/mcp-servers.ts";
import type { ServiceContext } from "./context.ts";
import { type LoginSecrets, openLoginSecrets, sealLoginSecrets } from "./mcp-secrets.ts";

/** A token, or why there is none, in a sentence for people. */
export type TokenOutcome = { readonly token: Secret } | { readonly error: string };

/** Gives access tokens of logins, and refreshes them where they are about to expire. */
export interface McpTokens {
  /**
   * The access token of a login, good for another minute if that can be had
   * until the signal is aborted. Never rejects.
   */
  tokenFor(server: McpServer, login: McpLogin, signal: AbortSignal): Promise<TokenOutcome>;
}

/** A token that is closer to its end is refreshed: requests take a while. */
const marginMs = 60_000;
/** Longer than a refresh can take, so that nobody uses a refresh token that is in use. */
const leaseMs = 15_000;
/** For the calls out: one to refresh, which has 5 s, and perhaps one to revoke. */
const refreshTimeoutMs = 7_000;
/** For waiting until another coderd is done. */
const turnTimeoutMs = 3_000;
const pollMs = 100;

/**
 * The tokens of one coderd. A refresh runs on when who asked for it has gone: it
 * may have used up the refresh token, and what it brings must be kept. So it is
 * work of `context.background`.
 */
export function createMcpTokens(context: ServiceContext): McpTokens {
  /** Refreshes that are under way, by the id of the login: one serves all who ask. */
  const flights = new Map<string, Promise<TokenOutcome>>();
  const refreshed = (server: McpServer, login: McpLogin): Promise<TokenOutcome> => {
    const flying = flights.get(login.id);
    if (flying !== undefined) return flying;
    const flight = refresh(context, server, login).finally(() => flights.delete(login.id));
    flights.set(login.id, flight);
    context.background.run(async () => void (await flight));
    return flight;
  };
  return {
    async tokenFor(server, login, signal) {
      const now = context.now();
      if (isGood(login, now, marginMs)) return opened(context, login);
      const outcome = await Promise.race([refreshed(server, login), outOfTime(signal)]);
      // A few seconds of life are better than none.
      return "error" in outcome && isGood(login, now, 0) ? opened(context, login) : outcome;
    },
  };
}

function isGood({ expireTime }: McpLogin, now: Date, marginMs: number): boolean {
  return expireTime === null || expireTime.getTime() - now.getTime() > marginMs;
}

async function outOfTime(signal: AbortSignal): Promise<TokenOutcome> {
  await aborted(signal);
  return { error: "the authorization server did not answer in time" };
}

function opened(context: ServiceContext, login: McpLogin): TokenOutcome {
  try {
    return { token: openLoginSecrets(context.keyRing, login).accessToken };
  } catch (error) {
    return failed(context, login, error);
  }
}

function loginNeeded(serverId: string): TokenOutcome {
  return { error: `login needed: run \`aibridge mcp login ${serverId}\`` };
}

/** What people are told, and the log. Only our own errors say something fit to be read. */
function failed({ log }: ServiceContext, login: McpLogin, err: unknown): TokenOutcome {
  const { serverId: mcpServerId, userId } = login;
  log.warn({ err, mcpServerId, userId }, "an MCP access token could not be had");
  if (err instanceof OAuthFailure) return { error: err.message };
  if (errorCode(err) === "key_ring") return loginNeeded(mcpServerId);
  return { error: "the token could not be had" };
}

async function refresh(
  context: ServiceContext,
  server: McpServer,
  login: McpLogin,
): Promise<TokenOutcome> {
  try {
    const turn = await takeTurn(context, login);
    if (turn === undefined) return await current(context, login);
    // Whoever had the lease before us has refreshed.
    if (isGood(turn.login, context.now(), marginMs)) {
      await context.store.mcpLogins.release(login.id, turn.until);
      return opened(context, turn.login);
    }
    return await useRefreshToken(context, server, turn);
  } catch (error) {
    return failed(context, login, error);
  }
}

/** The lease on a login's refresh token. */
interface Turn {
  readonly login: McpLogin;
  readonly until: Date;
}

/** Waits for the lease. Undefined if the login has ended, or time is up. */
async function takeTurn(
  { store, now }: ServiceContext,
  { id, userId, serverId }: McpLogin,
): Promise<Turn | undefined> {
  const giveUpMs = performance.now() + turnTimeoutMs;
  while (performance.now() < giveUpMs) {
    const at = now();
    const until = new Date(at.getTime() + leaseMs);
    const login = await store.mcpLogins.lease(id, at, until);
    if (login !== undefined) return { login, until };
    if ((await store.mcpLogins.get(userId, serverId))?.id !== id) return undefined;
    await sleep(pollMs);
  }
  return undefined;
}

/** The user's login as it is by now: perhaps another one. */
async function current(context: ServiceContext, login: McpLogin): Promise<TokenOutcome> {
  const found = await context.store.mcpLogins.get(login.userId, login.serverId);
  if (found === undefined) return loginNeeded(login.serverId);
  if (isGood(found, context.now(), 0)) return opened(context, found);
  return { error: "another coderd did not finish refreshing the token in time" };
}

async function useRefreshToken(
  context: ServiceContext,
  server: McpServer,
  { login, until }: Turn,
): Promise<TokenOutcome> {
  const { store, keyRing } = context;
  using limit = deadline(refreshTimeoutMs);
  try {
    const secrets = openLoginSecrets(keyRing, login);
    const { client } = login;
    const { clientSecret, refreshToken } = secrets;
    if (refreshToken === undefined) {
      await store.mcpLogins.end(login.id);
      return loginNeeded(login.serverId);
    }
    const known = { serverUrl: server.url, client, clientSecret };
    const tokens = await refreshTokens(known, refreshToken, limit.signal);
    const kept = await keep(context, { login, until }, secrets, tokens);
    if (kept) return { token: tokens.accessToken };
    // The user logged out meanwhile: what came after is not theirs to have.
    await revokeToken(known, tokens.refreshToken ?? tokens.accessToken, limit.signal);
    return loginNeeded(login.serverId);
  } catch (error) {
    if (error instanceof OAuthFailure && error.reason === "invalid_grant") {
      await store.mcpLogins.end(login.id);
      return loginNeeded(login.serverId);
    }
    await store.mcpLogins.release(login.id, until);
    throw error;
  }
}

function keep(
  { store, keyRing, now }: ServiceContext,
  { login, until }: Turn,
  { clientSecret, refreshToken: before }: LoginSecrets,
  { accessToken, refreshToken = before, lifetimeMs, scopes = login.scopes }: TokenSet,
): Promise<boolean> {
  const expireTime = lifetimeMs === undefined ? null : new Date(now().getTime() + lifetimeMs);
  const sealed = sealLoginSecrets(keyRing, login, { accessToken, refreshToken, clientSecret });
  return store.mcpLogins.release(login.id, until, { ...sealed, expireTime, scopes });
}
