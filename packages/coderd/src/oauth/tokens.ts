import type { Secret } from "@aibridge/secret";
import {
  processRefreshTokenResponse,
  processRevocationResponse,
  refreshTokenGrantRequest,
  revocationRequest,
} from "oauth4webapi";
import { type KnownClient, libraryArguments } from "./client.ts";
import { step } from "./failure.ts";
import { openOutgoing } from "./outgoing.ts";
import { requestOptions } from "./request-options.ts";
import { type TokenSet, tokenSetFrom } from "./token-set.ts";

/** A login, as far as its authorization server goes. */
export interface KnownLogin extends KnownClient {
  readonly serverUrl: string;
}

/**
 * Trades a refresh token for new tokens. The old one may be worthless from then
 * on, also if this rejects: with an `OAuthFailure`, whose reason is
 * `invalid_grant` if the token is good for nothing any more.
 */
export async function refreshTokens(
  login: KnownLogin,
  refreshToken: Secret,
  signal: AbortSignal,
): Promise<TokenSet> {
  const { serverUrl } = login;
  const { issuer, reach, resource } = login.client;
  await using outgoing = await openOutgoing({ serverUrl, reach, signal });
  const [server, client, auth] = libraryArguments(login);
  return await step(`refresh at ${new URL(issuer).host}`, async () => {
    const response = await refreshTokenGrantRequest(server, client, auth, refreshToken.reveal(), {
      ...requestOptions(outgoing),
      additionalParameters: { resource },
    });
    return tokenSetFrom(await processRefreshTokenResponse(server, client, response));
  });
}

/**
 * Revokes a token (RFC 7009), if the authorization server can: it says whether.
 * Rejects with an `OAuthFailure`.
 */
export async function revokeToken(
  login: KnownLogin,
  token: Secret,
  signal: AbortSignal,
): Promise<boolean> {
  const { serverUrl } = login;
  const { issuer, reach, revocationEndpoint } = login.client;
  if (revocationEndpoint === null) return false;
  await using outgoing = await openOutgoing({ serverUrl, reach, signal });
  const [server, client, auth] = libraryArguments(login);
  await step(`revocation at ${new URL(issuer).host}`, async () => {
    const options = requestOptions(outgoing);
    const response = await revocationRequest(server, client, auth, token.reveal(), options);
    await processRevocationResponse(response);
  });
  return true;
}
