import {
  type MCPConfiguratorService,
  type MCPServerConfig,
  MCPServerConfigSchema,
} from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { deadline } from "@aibridge/runtime";
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { McpLogin } from "../store/mcp-logins.ts";
import type { McpServer } from "../store/mcp-servers.ts";
import type { ServiceContext } from "./context.ts";
import { openServerSecrets } from "./mcp-secrets.ts";
import { createMcpTokens, type TokenOutcome } from "./mcp-tokens.ts";
import { invalidArgument, requireUuid } from "./validate.ts";

/** How long a batch may take. Gateways build a user's connections meanwhile. */
const batchTimeoutMs = 3_000;
const batchSizeMax = 100;

/** Tells gateways which MCP servers there are, and hands them users' access tokens. */
export function mcpConfiguratorService(
  context: ServiceContext,
): ServiceImpl<typeof MCPConfiguratorService> {
  const { store } = context;
  const tokens = createMcpTokens(context);
  return {
    async getMCPServerConfigs({ userId }) {
      requireUuid("user_id", userId);
      const servers = await store.mcpServers.listEnabled();
      const coder = servers.find(({ auth }) => auth === "coder");
      const coderConfig = coder && configFrom(context, coder);
      return {
        ...(coderConfig !== undefined && { coderMcpConfig: coderConfig }),
        externalAuthMcpConfigs: servers
          .filter((server) => server !== coder)
          .flatMap((server) => configFrom(context, server) ?? []),
      };
    },
    async getMCPServerAccessTokensBatch({ userId, mcpServerConfigIds }, { signal }) {
      requireUuid("user_id", userId);
      if (mcpServerConfigIds.length > batchSizeMax) {
        throw invalidArgument("mcp_server_config_ids", `must be at most ${batchSizeMax}`);
      }
      using limit = deadline(batchTimeoutMs, signal);
      const servers = byKey(await store.mcpServers.listEnabled(), ({ id }) => id);
      const logins = byKey(await store.mcpLogins.listOf(userId), ({ serverId }) => serverId);
      const outcomeOf = async (id: string): Promise<TokenOutcome> => {
        const found = findLogin(id, servers.get(id), logins.get(id));
        if ("error" in found) return found;
        return await tokens.tokenFor(found.server, found.login, limit.signal);
      };
      const ids = [...new Set(mcpServerConfigIds)];
      const outcomes = await Promise.all(
        ids.map(async (id): Promise<[string, TokenOutcome]> => [id, await outcomeOf(id)]),
      );
      return messageFrom(outcomes);
    },
  };
}

/** Undefined if its headers can't be decrypted: the others serve all the same. */
function configFrom(
  { keyRing, log }: ServiceContext,
  server: McpServer,
): MCPServerConfig | undefined {
  try {
    const { headers } = openServerSecrets(keyRing, server);
    return create(MCPServerConfigSchema, {
      id: server.id,
      url: server.url,
      toolAllowRegex: server.toolAllowRegex,
      toolDenyRegex: server.toolDenyRegex,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.reveal()]),
      ),
      wantsAccessToken: server.auth === "oauth",
    });
  } catch (err) {
    log.warn({ err, mcpServerId: server.id }, "an MCP server's headers can't be decrypted");
    return undefined;
  }
}

function findLogin(
  id: string,
  server: McpServer | undefined,
  login: McpLogin | undefined,
): { server: McpServer; login: McpLogin } | { error: string } {
  if (server === undefined) return { error: "no such MCP server, or it is disabled" };
  if (server.auth !== "oauth") return { error: "this MCP server takes no access token" };
  if (login === undefined) return { error: `login needed: run \`aibridge mcp login ${id}\`` };
  return { server, login };
}

function byKey<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

function messageFrom(outcomes: readonly (readonly [string, TokenOutcome])[]): {
  accessTokens: Record<string, string>;
  errors: Record<string, string>;
} {
  const accessTokens: Record<string, string> = {};
  const errors: Record<string, string> = {};
  for (const [id, outcome] of outcomes) {
    if ("token" in outcome) accessTokens[id] = outcome.token.reveal();
    else errors[id] = outcome.error;
  }
  return { accessTokens, errors };
}
