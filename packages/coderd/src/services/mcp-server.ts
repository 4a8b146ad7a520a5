import type {
  CreateMCPServerRequest,
  MCPServerService,
} from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { Secret } from "@aibridge/secret";
import type { ServiceImpl } from "@connectrpc/connect";
import { userCaller } from "../auth/caller.ts";
import type { McpServer } from "../store/mcp-servers.ts";
import type { ServiceContext } from "./context.ts";
import { findMcpServer } from "./mcp-find-server.ts";
import { mcpLogins } from "./mcp-login.ts";
import { sealServerSecrets } from "./mcp-secrets.ts";
import { authFrom, mcpServerMessage } from "./mcp-server-message.ts";
import {
  requireClientId,
  requireHeaders,
  requireScopes,
  requireServerId,
  requireServerUrl,
  requireToolPattern,
} from "./mcp-validate.ts";
import { nameTokens } from "./paging.ts";
import { invalidArgument, requireCredential } from "./validate.ts";

const pages = nameTokens("mcp_servers");

/** Administers MCP servers, and lets users log in at them. Secrets go in and are never shown again. */
export function mcpServerService(context: ServiceContext): ServiceImpl<typeof MCPServerService> {
  const { store, now } = context;
  const isLoggedIn = async (userId: string, id: string) =>
    (await store.mcpLogins.get(userId, id)) !== undefined;
  return {
    async createMCPServer(request) {
      const server = await store.mcpServers.create({
        ...columnsFrom(request, context),
        enabled: true,
        createTime: now(),
      });
      return { mcpServer: mcpServerMessage(server, false) };
    },
    async getMCPServer({ id }, { values }) {
      const server = await findMcpServer(context, id);
      const { userId } = userCaller(values);
      return { mcpServer: mcpServerMessage(server, await isLoggedIn(userId, server.id)) };
    },
    async listMCPServers(fields, { values }) {
      const page = await store.mcpServers.list(pages.parse(fields));
      const loggedIn = await store.mcpLogins.serverIdsOf(userCaller(values).userId);
      return {
        mcpServers: page.items.map((server) =>
          mcpServerMessage(server, loggedIn.includes(server.id)),
        ),
        nextPageToken: pages.nextOf(page),
      };
    },
    async updateMCPServer({ id, url, enabled, toolAllowRegex, toolDenyRegex }, { values }) {
      const changes = {
        ...(url !== undefined && { url: requireServerUrl("url", url, context.privateUpstreams) }),
        ...(enabled !== undefined && { enabled }),
        ...(toolAllowRegex !== undefined && {
          toolAllowRegex: requireToolPattern("tool_allow_regex", toolAllowRegex),
        }),
        ...(toolDenyRegex !== undefined && {
          toolDenyRegex: requireToolPattern("tool_deny_regex", toolDenyRegex),
        }),
      };
      const server = await store.mcpServers.update(requireServerId("id", id), changes, now());
      const { userId } = userCaller(values);
      return { mcpServer: mcpServerMessage(server, await isLoggedIn(userId, server.id)) };
    },
    async deleteMCPServer({ id }) {
      await store.mcpServers.delete(requireServerId("id", id));
      return {};
    },
    ...mcpLogins(context),
  };
}

function columnsFrom(
  request: CreateMCPServerRequest,
  { keyRing, privateUpstreams }: ServiceContext,
): Omit<McpServer, "enabled" | "createTime" | "updateTime"> {
  const auth = authFrom(request.auth);
  const hasOAuth = [request.oauthClientId, request.oauthClientSecret, ...request.oauthScopes];
  if (auth !== "oauth" && hasOAuth.some((field) => field !== "")) {
    throw invalidArgument("auth", "must be oauth for an OAuth client or scopes");
  }
  if (request.oauthClientId === "" && request.oauthClientSecret !== "") {
    throw invalidArgument("oauth_client_id", "must be set, because there is a secret");
  }
  const id = requireServerId("id", request.id);
  const headers = requireHeaders("headers", request.headers, auth === "none");
  return {
    id,
    url: requireServerUrl("url", request.url, privateUpstreams),
    auth,
    toolAllowRegex: requireToolPattern("tool_allow_regex", request.toolAllowRegex),
    toolDenyRegex: requireToolPattern("tool_deny_regex", request.toolDenyRegex),
    headerNames: Object.keys(headers).sort(),
    oauthClientId: requireClientId("oauth_client_id", request.oauthClientId),
    oauthScopes: requireScopes("oauth_scopes", request.oauthScopes),
    ...sealServerSecrets(keyRing, id, { headers, clientSecret: secretFrom(request) }),
  };
}

function secretFrom({ oauthClientSecret }: CreateMCPServerRequest): Secret | undefined {
  if (oauthClientSecret === "") return undefined;
  return new Secret(requireCredential("oauth_client_secret", oauthClientSecret));
}
