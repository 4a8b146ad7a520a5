import type { McpAuth, McpConfigurator, McpServerConfig } from "@aibridge/aibridge";
import {
  MCPConfiguratorService,
  type MCPServerConfig,
} from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { Secret } from "@aibridge/secret";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";

/** An `McpConfigurator` that asks coderd on every call: handlers bound the age of answers. */
export function createRpcMcpConfigurator(transport: Transport): McpConfigurator {
  const client = createClient(MCPConfiguratorService, transport);
  return {
    async serversOf(userId, signal) {
      try {
        const answer = await client.getMCPServerConfigs({ userId }, { signal });
        const { coderMcpConfig: coders, externalAuthMcpConfigs: others } = answer;
        return [
          ...(coders ? [configFrom(coders, "session-key")] : []),
          ...others.map((config) =>
            configFrom(config, config.wantsAccessToken ? "access-token" : "none"),
          ),
        ];
      } catch (error) {
        if (knowsNoMcp(error)) return [];
        throw error;
      }
    },
    async accessTokensOf(userId, ids, signal) {
      const request = { userId, mcpServerConfigIds: [...ids] };
      const { accessTokens, errors } = await client.getMCPServerAccessTokensBatch(request, {
        signal,
      });
      const tokens = Object.entries(accessTokens).map(secretEntry);
      return { tokens: new Map(tokens), errors: new Map(Object.entries(errors)) };
    },
  };
}

function configFrom(config: MCPServerConfig, auth: McpAuth): McpServerConfig {
  const { id, url, toolAllowRegex, toolDenyRegex } = config;
  const headers = new Map(Object.entries(config.headers).map(secretEntry));
  return { id, url, auth, toolAllowRegex, toolDenyRegex, headers };
}

function secretEntry([name, value]: [string, string]): [string, Secret] {
  return [name, new Secret(value)];
}

/** A coderd of before there was MCP: its users have no servers. */
function knowsNoMcp(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unimplemented;
}
