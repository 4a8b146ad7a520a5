import { Code, ConnectError } from "@connectrpc/connect";
import type { McpServer } from "../store/mcp-servers.ts";
import type { ServiceContext } from "./context.ts";
import { requireServerId } from "./mcp-validate.ts";

/** The server of an id; throws not_found. */
export async function findMcpServer({ store }: ServiceContext, id: string): Promise<McpServer> {
  const server = await store.mcpServers.get(requireServerId("id", id));
  if (server === undefined) throw new ConnectError("no such MCP server", Code.NotFound);
  return server;
}
