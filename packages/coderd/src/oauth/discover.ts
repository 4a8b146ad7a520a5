import {
  type AuthorizationServer,
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  processResourceDiscoveryResponse,
  protectedResourceRequest,
  type ResourceServer,
  resourceDiscoveryRequest,
  type WWWAuthenticateChallenge,
  WWWAuthenticateChallengeError,
} from "oauth4webapi";
import { OAuthFailure, step } from "./failure.ts";
import type { Outgoing } from "./outgoing.ts";
import { requestOptions } from "./request-options.ts";
import { textsOf } from "./texts-of.ts";

/** Where to log in for an MCP server, and what to ask for there. */
export interface Discovered {
  readonly authorizationServer: AuthorizationServer;
  /** For RFC 8707. */
  readonly resource: string;
  /** What the server says it wants; undefined if it does not. */
  readonly scopes: readonly string[] | undefined;
}

/**
 * Finds the authorization server of an MCP server, as MCP's specification says
 * (Authorization, 2025-11-25): from the server's 401 or its well-known URL to
 * the metadata of the resource (RFC 9728), and from there to that of the
 * authorization server (RFC 8414, else OpenID Connect Discovery). A server
 * without metadata of its own is taken for its own authorization server, as the
 * specification of 2025-03-26 had it.
 *
 * Rejects with an `OAuthFailure` (`oauth_unavailable`).
 */
export async function discover(serverUrl: string, outgoing: Outgoing): Promise<Discovered> {
  const challenge = await readChallenge(serverUrl, outgoing);
  const metadata = await findResource(serverUrl, challenge.resource_metadata, outgoing);
  const issuer = metadata?.authorization_servers?.[0] ?? new URL(serverUrl).origin;
  const authorizationServer = await findAuthorizationServer(
    outgoing.requireScheme(issuer),
    outgoing,
  );
  return {
    authorizationServer,
    resource: metadata?.resource ?? serverUrl,
    scopes:
      challenge.scope?.split(" ").filter((scope) => scope !== "") ??
      textsOf(metadata?.scopes_supported),
  };
}

/** What any MCP client would send first. */
const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "aibridge", version: "1" },
  },
});

/** The parameters of the Bearer challenge that the server answers an unknown caller with. */
async function readChallenge(
  serverUrl: string,
  outgoing: Outgoing,
): Promise<WWWAuthenticateChallenge["parameters"]> {
  const headers = new Headers({
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  });
  // The library reads challenges for callers that have a token; we have none yet.
  const anonymously: Outgoing["fetch"] = (
    url,
    { headers: { authorization, ...rest } = {}, ...init } = {},
  ) => outgoing.fetch(url, { ...init, headers: rest });
  try {
    await protectedResourceRequest("none", "POST", new URL(serverUrl), headers, initialize, {
      [customFetch]: anonymously,
      [allowInsecureRequests]: true,
    });
    return {};
  } catch (error) {
    if (!(error instanceof WWWAuthenticateChallengeError)) throw error;
    return error.cause.find(({ scheme }) => scheme === "bearer")?.parameters ?? {};
  }
}

/** The first of the metadata that is there: where the challenge says, at the path, at the root. */
async function findResource(
  serverUrl: string,
  named: string | undefined,
  outgoing: Outgoing,
): Promise<ResourceServer | undefined> {
  const url = new URL(serverUrl);
  const options = requestOptions(outgoing);
  const places = [
    ...(named === undefined
      ? []
      : [() => outgoing.fetch(named, { headers: { accept: "application/json" } })]),
    () => resourceDiscoveryRequest(url, options),
    () => resourceDiscoveryRequest(new URL(url.origin), options),
  ];
  for (const read of places) {
    const response = await read();
    if (response.status !== 200) continue;
    const resource = await namedResource(response.clone());
    const expected = isResourceOf(url, resource) ? new URL(String(resource)) : url;
    return await step(`the resource metadata of ${url.host}`, () =>
      processResourceDiscoveryResponse(expected, response),
    );
  }
  return undefined;
}

async function namedResource(response: Response): Promise<unknown> {
  const metadata: unknown = await response.json().catch(() => undefined);
  return typeof metadata === "object" && metadata !== null && Reflect.get(metadata, "resource");
}

/**
 * Whether metadata may name this as the server's resource. RFC 9728 (3.3) wants
 * the URL itself; MCP's own SDK and servers also use what is above it at the
 * same origin, and that is theirs to say.
 */
function isResourceOf(server: URL, resource: unknown): boolean {
  const url = typeof resource === "string" ? URL.parse(resource) : null;
  const withSlash = (path: string) => (path.endsWith("/") ? path : `${path}/`);
  return (
    url?.origin === server.origin && withSlash(server.pathname).startsWith(withSlash(url.pathname))
  );
}

async function findAuthorizationServer(
  issuer: URL,
  outgoing: Outgoing,
): Promise<AuthorizationServer> {
  const what = `the authorization server ${issuer.host}`;
  for (const algorithm of ["oauth2", "oidc"] as const) {
    const response = await discoveryRequest(issuer, { ...requestOptions(outgoing), algorithm });
    if (response.status !== 200) continue;
    const found = await step(what, () => processDiscoveryResponse(issuer, response));
    requireCapabilities(found, what);
    return found;
  }
  throw new OAuthFailure("oauth_unavailable", `${what} has no metadata (RFC 8414)`);
}

function requireCapabilities(server: AuthorizationServer, what: string): void {
  // MCP's specification forbids to go on where it is not said.
  if (!textsOf(server.code_challenge_methods_supported)?.includes("S256")) {
    throw new OAuthFailure(
      "oauth_unavailable",
      `${what} does not say that it supports PKCE (S256)`,
    );
  }
  const endpoints: readonly unknown[] = [server.authorization_endpoint, server.token_endpoint];
  if (!endpoints.every((endpoint) => typeof endpoint === "string")) {
    throw new OAuthFailure("oauth_unavailable", `${what} names no endpoints`);
  }
}
