import { Secret } from "@aibridge/secret";
import type { TokenEndpointResponse } from "oauth4webapi";
import { OAuthFailure } from "./failure.ts";

/** What an authorization server gave. */
export interface TokenSet {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  /** How long the access token is good for; undefined if it was not said. */
  readonly lifetimeMs: number | undefined;
  /** Undefined: those that were asked for (RFC 6749, 5.1). */
  readonly scopes: readonly string[] | undefined;
}

const tokenLengthMax = 16 * 1024;
/** Ten years; beyond, a lifetime is none. */
const lifetimeSecondsMax = 10 * 365 * 24 * 3600;

/** Reads a token answer that the library has checked. Throws an `OAuthFailure`. */
export function tokenSetFrom(answer: TokenEndpointResponse): TokenSet {
  if (answer.token_type !== "bearer") throw unusable("it is no bearer token");
  const { refresh_token: refreshToken, expires_in: seconds } = answer;
  return {
    accessToken: usable(answer.access_token),
    refreshToken: refreshToken === undefined ? undefined : usable(refreshToken),
    lifetimeMs: seconds === undefined ? undefined : Math.min(seconds, lifetimeSecondsMax) * 1000,
    scopes: answer.scope?.split(" ").filter((scope) => scope !== ""),
  };
}

/** Gateways will send it in a header. */
function usable(token: string): Secret {
  if (token.length > tokenLengthMax) throw unusable("it is too long");
  if (!/^[\x21-\x7e]+$/.test(token)) throw unusable("it can't be sent in a header");
  return new Secret(token);
}

function unusable(why: string): OAuthFailure {
  return new OAuthFailure("oauth_unavailable", `the token that was given can't be used: ${why}`);
}
