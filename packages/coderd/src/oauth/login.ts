import { Secret } from "@aibridge/secret";
import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from "oauth4webapi";
import type { McpOAuthClient, Reach } from "../store/mcp-schema.ts";
import { type KnownClient, libraryArguments } from "./client.ts";
import { type Discovered, discover } from "./discover.ts";
import { step } from "./failure.ts";
import { openOutgoing } from "./outgoing.ts";
import { configuredClient, type Registration, registerClient } from "./register.ts";
import { requestOptions } from "./request-options.ts";
import { textsOf } from "./texts-of.ts";
import { type TokenSet, tokenSetFrom } from "./token-set.ts";

/** An MCP server, as far as a login at it goes. */
export interface LoginServer {
  readonly url: string;
  /** Empty: a client is registered. */
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  /** Empty: what the server says it wants. */
  readonly scopes: readonly string[];
}

/** A login that has begun. */
export interface BegunLogin extends KnownClient {
  /** To be opened in the user's browser. */
  readonly authorizationUrl: string;
  readonly state: string;
  readonly codeVerifier: Secret;
  readonly scopes: readonly string[];
}

/**
 * Begins an authorization code grant with PKCE at the authorization server of an
 * MCP server. Rejects with an `OAuthFailure`, at the latest when the signal is
 * aborted.
 */
export async function beginLogin(
  server: LoginServer,
  redirectUri: string,
  signal: AbortSignal,
): Promise<BegunLogin> {
  await using outgoing = await openOutgoing({ serverUrl: server.url, signal });
  const discovered = await discover(server.url, outgoing);
  const { authorizationServer } = discovered;
  const url = outgoing.requireScheme(authorizationServer.authorization_endpoint ?? "");
  const registration =
    server.clientId === ""
      ? await registerClient(authorizationServer, redirectUri, outgoing)
      : configuredClient(authorizationServer, server.clientId, server.clientSecret);
  const codeVerifier = new Secret(generateRandomCodeVerifier());
  const state = generateRandomState();
  const scopes = server.scopes.length > 0 ? server.scopes : scopesFor(discovered);
  const parameters = {
    response_type: "code",
    client_id: registration.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier.reveal()),
    code_challenge_method: "S256",
    resource: discovered.resource,
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    // OpenID Connect Core, 11: asked for offline access, it must ask the user.
    ...(scopes.includes("offline_access") && { prompt: "consent" }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return {
    authorizationUrl: url.href,
    state,
    codeVerifier,
    scopes,
    client: clientFrom(discovered, registration, outgoing.reach),
    clientSecret: registration.clientSecret,
  };
}

/** Without `offline_access`, servers that know it give no refresh token. */
function scopesFor({ authorizationServer, scopes = [] }: Discovered): readonly string[] {
  const offline = textsOf(authorizationServer.scopes_supported)?.includes("offline_access");
  return offline === true ? [...new Set([...scopes, "offline_access"])] : scopes;
}

function clientFrom(
  { authorizationServer, resource }: { authorizationServer: AuthorizationServer; resource: string },
  { clientId, clientAuth }: Registration,
  reach: Reach,
): McpOAuthClient {
  return {
    issuer: authorizationServer.issuer,
    tokenEndpoint: authorizationServer.token_endpoint ?? "",
    revocationEndpoint: authorizationServer.revocation_endpoint ?? null,
    sendsIssuer: authorizationServer.authorization_response_iss_parameter_supported === true,
    idTokenAlgorithms: textsOf(authorizationServer.id_token_signing_alg_values_supported) ?? [],
    clientId,
    clientAuth,
    resource,
    reach,
  };
}

/** What is known of a login when the user comes back. */
export interface ReturnedLogin extends KnownClient {
  readonly serverUrl: string;
  readonly redirectUri: string;
  readonly codeVerifier: Secret;
  readonly state: string;
  /** The query of the request to the redirect URI. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Trades the code for tokens, after checking who sent it: `state`, and `iss`
 * where the server sends it (RFC 9207). Rejects with an `OAuthFailure`:
 * `oauth_refused` if the user or the server said no.
 */
export async function finishLogin(login: ReturnedLogin, signal: AbortSignal): Promise<TokenSet> {
  const { serverUrl, redirectUri, codeVerifier, state, parameters } = login;
  const { issuer, reach, resource } = login.client;
  await using outgoing = await openOutgoing({ serverUrl, reach, signal });
  const [server, client, auth] = libraryArguments(login);
  return await step(`login at ${new URL(issuer).host}`, async () => {
    const answer = validateAuthResponse(server, client, new URLSearchParams(parameters), state);
    const response = await authorizationCodeGrantRequest(
      server,
      client,
      auth,
      answer,
      redirectUri,
      codeVerifier.reveal(),
      { ...requestOptions(outgoing), additionalParameters: { resource } },
    );
    return tokenSetFrom(await processAuthorizationCodeResponse(server, client, response));
  });
}
