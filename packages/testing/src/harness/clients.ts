import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { ProviderService } from "@aibridge/proto/coder/aibridge/v1/provider";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

/** A client of each of coderd's services, all presenting one credential. */
export interface CoderdClients {
  readonly apiKeys: Client<typeof ApiKeyService>;
  readonly authorizer: Client<typeof AuthorizerService>;
  readonly gatewayKeys: Client<typeof GatewayKeyService>;
  readonly interceptions: Client<typeof InterceptionService>;
  readonly mcpServers: Client<typeof MCPServerService>;
  readonly providers: Client<typeof ProviderService>;
  readonly sessions: Client<typeof SessionService>;
  readonly users: Client<typeof UserService>;
}

/**
 * Clients that call coderd by Connect over HTTP/1.1, each call with a deadline
 * of 10 s.
 *
 * @param token the bearer token; undefined sends none
 */
export function coderdClients(baseUrl: string, token: string | undefined): CoderdClients {
  const present: Interceptor = (next) => (request) => {
    if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    interceptors: [present],
    defaultTimeoutMs: 10_000,
  });
  return {
    apiKeys: createClient(ApiKeyService, transport),
    authorizer: createClient(AuthorizerService, transport),
    gatewayKeys: createClient(GatewayKeyService, transport),
    interceptions: createClient(InterceptionService, transport),
    mcpServers: createClient(MCPServerService, transport),
    providers: createClient(ProviderService, transport),
    sessions: createClient(SessionService, transport),
    users: createClient(UserService, transport),
  };
}
