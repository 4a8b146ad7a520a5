import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { ProviderService } from "@aibridge/proto/coder/aibridge/v1/provider";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { Role } from "../store/schema.ts";

/**
 * Who may call an RPC:
 *
 * - roles: users with one of them, by an API key.
 * - `gateway`: services, by a gateway key.
 * - `gateway_checked_by_handler`: the same, but the handler checks the key, in
 *   the statement that answers the request, or that a watch begins with.
 */
export type Access = readonly Role[] | "gateway" | "gateway_checked_by_handler";

const owners = ["owner"] as const;
const readers = ["owner", "auditor"] as const;
/** Where members are among the callers, the handler narrows them to what is their own. */
const everybody = ["owner", "auditor", "member"] as const;

/** One rule for every RPC of a service; the compiler misses none. */
type Rules<Service extends DescService> = Readonly<Record<keyof Service["method"], Access>>;

const authorizer: Rules<typeof AuthorizerService> = {
  isAuthorized: "gateway_checked_by_handler",
  watchInvalidations: "gateway_checked_by_handler",
};
const providerConfigurator: Rules<typeof ProviderConfiguratorService> = {
  getProviders: "gateway",
  watchProviders: "gateway_checked_by_handler",
};
const users: Rules<typeof UserService> = {
  createUser: owners,
  getUser: everybody,
  listUsers: readers,
  setUserRole: owners,
  suspendUser: owners,
  activateUser: owners,
  deleteUser: owners,
};
const apiKeys: Rules<typeof ApiKeyService> = {
  createApiKey: everybody,
  getApiKey: everybody,
  listApiKeys: everybody,
  revokeApiKey: everybody,
};
const gatewayKeys: Rules<typeof GatewayKeyService> = {
  createGatewayKey: owners,
  getGatewayKey: readers,
  listGatewayKeys: readers,
  revokeGatewayKey: owners,
};
const providers: Rules<typeof ProviderService> = {
  createProvider: owners,
  addProviderKey: owners,
  listProviderKeys: readers,
  removeProviderKey: owners,
  getProvider: readers,
  listProviders: readers,
  updateProvider: owners,
  enableProvider: owners,
  disableProvider: owners,
  deleteProvider: owners,
};
const recorder: Rules<typeof RecorderService> = {
  recordEvents: "gateway",
};
const interceptions: Rules<typeof InterceptionService> = {
  listInterceptions: everybody,
  getInterception: everybody,
};
const sessions: Rules<typeof SessionService> = {
  listSessions: everybody,
  getSession: everybody,
  summarizeUsage: everybody,
};
const mcpServers: Rules<typeof MCPServerService> = {
  createMCPServer: owners,
  getMCPServer: everybody,
  listMCPServers: everybody,
  updateMCPServer: owners,
  deleteMCPServer: owners,
  startMCPServerLogin: everybody,
  completeMCPServerLogin: everybody,
  logoutMCPServer: everybody,
};
const mcpConfigurator: Rules<typeof MCPConfiguratorService> = {
  getMCPServerConfigs: "gateway",
  getMCPServerAccessTokensBatch: "gateway",
};

const rulesByService = new Map<string, Readonly<Record<string, Access>>>([
  [AuthorizerService.typeName, authorizer],
  [ProviderConfiguratorService.typeName, providerConfigurator],
  [UserService.typeName, users],
  [ApiKeyService.typeName, apiKeys],
  [GatewayKeyService.typeName, gatewayKeys],
  [ProviderService.typeName, providers],
  [RecorderService.typeName, recorder],
  [InterceptionService.typeName, interceptions],
  [SessionService.typeName, sessions],
  [MCPServerService.typeName, mcpServers],
  [MCPConfiguratorService.typeName, mcpConfigurator],
]);

/** The rule for an RPC; undefined, so nobody may, if none was written. */
export function accessTo(method: DescMethod): Access | undefined {
  return rulesByService.get(method.parent.typeName)?.[method.localName];
}
