import type { Secret } from "@aibridge/secret";
import {
  type AuthorizationServer,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  None,
} from "oauth4webapi";
import type { McpOAuthClient } from "../store/mcp-schema.ts";

/** A client with its secret; a public one has none. */
export interface KnownClient {
  readonly client: McpOAuthClient;
  readonly clientSecret: Secret | undefined;
}

/** What the library wants to know for each of its calls. */
export function libraryArguments({
  client,
  clientSecret,
}: KnownClient): [AuthorizationServer, Client, ClientAuth] {
  const server: AuthorizationServer = {
    issuer: client.issuer,
    token_endpoint: client.tokenEndpoint,
    authorization_response_iss_parameter_supported: client.sendsIssuer,
    ...(client.revocationEndpoint !== null && { revocation_endpoint: client.revocationEndpoint }),
    ...(client.idTokenAlgorithms.length > 0 && {
      id_token_signing_alg_values_supported: [...client.idTokenAlgorithms],
    }),
  };
  return [server, { client_id: client.clientId }, authOf(client.clientAuth, clientSecret)];
}

function authOf(method: McpOAuthClient["clientAuth"], secret: Secret | undefined): ClientAuth {
  if (method === "none" || secret === undefined) return None();
  const create = method === "client_secret_post" ? ClientSecretPost : ClientSecretBasic;
  return create(secret.reveal());
}
