import {
  MCPServerAuth,
  type MCPServer as MCPServerMessage,
  MCPServerSchema,
} from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { create } from "@bufbuild/protobuf";
import type { McpServerAuth as StoredAuth } from "../store/mcp-schema.ts";
import type { McpServer } from "../store/mcp-servers.ts";
import { timestampOf } from "./timestamps.ts";
import { invalidArgument } from "./validate.ts";

const auths: Readonly<Record<StoredAuth, MCPServerAuth>> = {
  none: MCPServerAuth.MCP_SERVER_AUTH_NONE,
  oauth: MCPServerAuth.MCP_SERVER_AUTH_OAUTH,
  coder: MCPServerAuth.MCP_SERVER_AUTH_CODER,
};

/** What a message names; unspecified means none. Throws invalid_argument. */
export function authFrom(auth: MCPServerAuth): StoredAuth {
  switch (auth) {
    case MCPServerAuth.MCP_SERVER_AUTH_UNSPECIFIED:
    case MCPServerAuth.MCP_SERVER_AUTH_NONE:
      return "none";
    case MCPServerAuth.MCP_SERVER_AUTH_OAUTH:
      return "oauth";
    case MCPServerAuth.MCP_SERVER_AUTH_CODER:
      return "coder";
    default:
      throw invalidArgument("auth", "must be none, oauth or coder");
  }
}

/** An MCP server as messages have it: no secret is in it. */
export function mcpServerMessage(server: McpServer, isLoggedIn: boolean): MCPServerMessage {
  return create(MCPServerSchema, {
    id: server.id,
    url: server.url,
    auth: auths[server.auth],
    enabled: server.enabled,
    toolAllowRegex: server.toolAllowRegex,
    toolDenyRegex: server.toolDenyRegex,
    headerNames: [...server.headerNames],
    oauthClientId: server.oauthClientId,
    oauthScopes: [...server.oauthScopes],
    createTime: timestampOf(server.createTime),
    updateTime: timestampOf(server.updateTime),
    loggedIn: isLoggedIn,
  });
}
