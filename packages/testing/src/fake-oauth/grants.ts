import { createHash, randomUUID } from "node:crypto";

/** What an answer of the fake says. */
export interface FakeAnswer {
  readonly status: number;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A grant: what a user allowed a client. */
interface Grant {
  readonly clientId: string;
  readonly resource: string;
  readonly scope: string;
  readonly redirectUri: string;
  readonly challenge: string;
  isRevoked: boolean;
}

interface AccessToken {
  readonly grant: Grant;
  readonly expireMs: number;
}

/**
 * The memory of an authorization server, strict as RFC 6749, 7636, 8707 and
 * OAuth 2.1 (4.3.1) are: codes work once, refresh tokens rotate, and using
 * either again revokes all that came of it.
 */
export class Grants {
  /** How long access tokens last; what is left out of answers if undefined. */
  lifetimeSeconds: number | undefined = 3600;
  givesRefreshTokens = true;
  /** The fake's own clock, in milliseconds. */
  nowMs: number;
  readonly #clients = new Map<string, { redirectUris: readonly string[]; secret?: string }>();
  readonly #codes = new Map<string, { grant: Grant; isUsed: boolean }>();
  readonly #refreshTokens = new Map<string, { grant: Grant; isUsed: boolean }>();
  readonly #accessTokens = new Map<string, AccessToken>();

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** Adds a client that an administrator of the fake registered. */
  addClient(clientId: string, secret: string, redirectUris: readonly string[]): void {
    this.#clients.set(clientId, { secret, redirectUris });
  }

  /** Every code and token that was ever given out. */
  get secrets(): string[] {
    return [this.#codes, this.#refreshTokens, this.#accessTokens].flatMap((map) => [...map.keys()]);
  }

  /** Whether an access token would be accepted now, for this resource. */
  accepts(accessToken: string, resource: string): boolean {
    const found = this.#accessTokens.get(accessToken);
    if (found === undefined || found.grant.isRevoked) return false;
    return found.grant.resource === resource && found.expireMs > this.nowMs;
  }

  /** RFC 7591. */
  register(metadata: { redirect_uris?: unknown }): FakeAnswer {
    const { redirect_uris: redirectUris } = metadata;
    if (!Array.isArray(redirectUris)) return oauthError("invalid_redirect_uri");
    const clientId = `client-${randomUUID()}`;
    this.#clients.set(clientId, { redirectUris });
    return { status: 201, json: { ...metadata, client_id: clientId } };
  }

  /** What the user's consent brings to the redirect URI; throws for a request that shows an error page. */
  authorize(query: URLSearchParams): URL {
    const clientId = query.get("client_id") ?? "";
    const redirectUri = query.get("redirect_uri") ?? "";
    if (!this.#clients.get(clientId)?.redirectUris.includes(redirectUri)) {
      throw new Error("unknown client or redirect URI");
    }
    const challenge = query.get("code_challenge") ?? "";
    const isPkce = query.get("code_challenge_method") === "S256" && challenge.length === 43;
    if (query.get("response_type") !== "code" || !isPkce) throw new Error("no PKCE");
    const code = `code-${randomUUID()}`;
    const resource = query.get("resource") ?? "";
    const scope = query.get("scope") ?? "";
    const grant = { clientId, resource, scope, redirectUri, challenge, isRevoked: false };
    this.#codes.set(code, { grant, isUsed: false });
    const url = new URL(redirectUri);
    url.searchParams.set("code", code);
    url.searchParams.set("state", query.get("state") ?? "");
    return url;
  }

  /** The token endpoint. */
  token(form: URLSearchParams, authorization: string | undefined): FakeAnswer {
    const clientId = this.#authenticate(form, authorization);
    if (clientId === undefined) return { ...oauthError("invalid_client"), status: 401 };
    const type = form.get("grant_type");
    if (type === "authorization_code") return this.#tradeCode(form, clientId);
    if (type === "refresh_token") return this.#refresh(form, clientId);
    return oauthError("unsupported_grant_type");
  }

  /** RFC 7009. */
  revoke(form: URLSearchParams): FakeAnswer {
    const token = form.get("token") ?? "";
    const found = this.#refreshTokens.get(token) ?? this.#accessTokens.get(token);
    if (found !== undefined) found.grant.isRevoked = true;
    return { status: 200 };
  }

  #authenticate(form: URLSearchParams, authorization: string | undefined): string | undefined {
    const [id = "", secret] = Buffer.from(authorization?.replace(/^Basic /, "") ?? "", "base64")
      .toString()
      .split(":")
      .map(decodeURIComponent);
    const clientId = id || (form.get("client_id") ?? "");
    const client = this.#clients.get(clientId);
    return client !== undefined && client.secret === secret ? clientId : undefined;
  }

  #tradeCode(form: URLSearchParams, clientId: string): FakeAnswer {
    const code = this.#codes.get(form.get("code") ?? "");
    if (code === undefined) return oauthError("invalid_grant");
    const { grant } = code;
    // RFC 6749, 4.1.2: a code that comes twice was stolen.
    if (code.isUsed) grant.isRevoked = true;
    code.isUsed = true;
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const fits = grant.clientId === clientId && grant.redirectUri === form.get("redirect_uri");
    if (grant.isRevoked || !fits || challenge !== grant.challenge)
      return oauthError("invalid_grant");
    return this.#give(grant, form);
  }

  #refresh(form: URLSearchParams, clientId: string): FakeAnswer {
    const token = this.#refreshTokens.get(form.get("refresh_token") ?? "");
    if (token === undefined) return oauthError("invalid_grant");
    const { grant } = token;
    // OAuth 2.1, 4.3.1: so was a refresh token.
    if (token.isUsed) grant.isRevoked = true;
    if (grant.isRevoked || grant.clientId !== clientId) return oauthError("invalid_grant");
    token.isUsed = true;
    return this.#give(grant, form);
  }

  #give(grant: Grant, form: URLSearchParams): FakeAnswer {
    if (form.get("resource") !== grant.resource) return oauthError("invalid_target");
    const accessToken = `access-${randomUUID()}`;
    const refreshToken = `refresh-${randomUUID()}`;
    const lifetimeMs = (this.lifetimeSeconds ?? 1e9) * 1000;
    this.#accessTokens.set(accessToken, { grant, expireMs: this.nowMs + lifetimeMs });
    this.#refreshTokens.set(refreshToken, { grant, isUsed: false });
    return {
      status: 200,
      json: {
        access_token: accessToken,
        ...(this.givesRefreshTokens && { refresh_token: refreshToken }),
        token_type: "Bearer",
        scope: grant.scope,
        ...(this.lifetimeSeconds !== undefined && { expires_in: this.lifetimeSeconds }),
      },
    };
  }
}

function oauthError(error: string): FakeAnswer {
  return { status: 400, json: { error } };
}
