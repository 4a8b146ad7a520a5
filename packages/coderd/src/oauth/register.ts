import { Secret } from "@aibridge/secret";
import {
  type AuthorizationServer,
  dynamicClientRegistrationRequest,
  processDynamicClientRegistrationResponse,
} from "oauth4webapi";
import type { McpOAuthClient } from "../store/mcp-schema.ts";
import { OAuthFailure, step } from "./failure.ts";
import type { Outgoing } from "./outgoing.ts";
import { requestOptions } from "./request-options.ts";
import { textsOf } from "./texts-of.ts";

/** An OAuth client: ours at an authorization server. */
export interface Registration {
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  readonly clientAuth: McpOAuthClient["clientAuth"];
}

/** The client that an owner configured, which authenticates as the server likes. */
export function configuredClient(
  server: AuthorizationServer,
  clientId: string,
  clientSecret: Secret | undefined,
): Registration {
  const clientAuth = clientSecret === undefined ? "none" : secretMethodOf(server);
  return { clientId, clientSecret, clientAuth };
}

/**
 * Registers a client for one login (RFC 7591), a public one where that is
 * allowed. One for each login, because its redirect URI is part of it and most
 * servers compare that to the letter, ports of loopback addresses included.
 *
 * Rejects with an `OAuthFailure`.
 */
export async function registerClient(
  server: AuthorizationServer,
  redirectUri: string,
  outgoing: Outgoing,
): Promise<Registration> {
  const what = `registration at ${new URL(server.issuer).host}`;
  if (server.registration_endpoint === undefined) {
    throw new OAuthFailure(
      "oauth_unavailable",
      `${what} is not offered: an owner must configure the MCP server with an OAuth client`,
    );
  }
  const wanted = methodsOf(server).includes("none") ? "none" : secretMethodOf(server);
  const metadata = {
    client_name: "aibridge",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: wanted,
    // RFC 8252, 8.4: what listens on loopback is a native application.
    application_type: redirectUri.startsWith("http:") ? "native" : "web",
  };
  const registered = await step(what, async () => {
    const options = requestOptions(outgoing);
    const response = await dynamicClientRegistrationRequest(server, metadata, options);
    return await processDynamicClientRegistrationResponse(response);
  });
  const { client_id: clientId, client_secret: secret } = registered;
  const clientSecret = typeof secret === "string" ? new Secret(secret) : undefined;
  const method = registered.token_endpoint_auth_method ?? wanted;
  return {
    clientId,
    clientSecret,
    clientAuth: clientSecret === undefined ? "none" : known(method),
  };
}

/** RFC 8414, 2: left out, it means `client_secret_basic`. */
function methodsOf(server: AuthorizationServer): readonly string[] {
  return textsOf(server.token_endpoint_auth_methods_supported) ?? ["client_secret_basic"];
}

function secretMethodOf(server: AuthorizationServer): Registration["clientAuth"] {
  return methodsOf(server).includes("client_secret_basic")
    ? "client_secret_basic"
    : "client_secret_post";
}

function known(method: unknown): Registration["clientAuth"] {
  return method === "client_secret_post" || method === "none" ? method : "client_secret_basic";
}
