import {
  type MCPServer,
  MCPServerAuth,
  MCPServerSchema,
} from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import type { Command } from "commander";
import { addCommand } from "../command.ts";
import { type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { addMcpLoginCommand } from "./mcp-login.ts";
import { addMcpServerCommands } from "./mcp-servers.ts";
import { everyPage } from "./pages.ts";
import { adminFlags, openSession } from "./session.ts";
import { json } from "./text.ts";

/** Adds `aibridge mcp`. */
export function addMcpCommands(program: Command, surroundings: Surroundings): void {
  const parent = program
    .command("mcp")
    .description("The MCP servers whose tools gateways add to requests, and your logins there");
  addList(parent, surroundings);
  addMcpLoginCommand(parent, surroundings);
  addLogout(parent, surroundings);
  addMcpServerCommands(parent, surroundings);
}

function addList(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "list",
    help: "list MCP servers by id, and whether you are logged in",
    flags: adminFlags,
    async run(settings) {
      const { mcpServers } = await openSession(settings);
      const all = await everyPage(
        (page) => mcpServers.listMCPServers(page),
        (page) => page.mcpServers,
      );
      show(stdout, settings.json, shownLogins(all));
    },
  });
}

function addLogout(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "logout <id>",
    help: "revoke and forget your tokens for an MCP server",
    flags: adminFlags,
    async run(settings, id = "") {
      const { mcpServers } = await openSession(settings);
      await mcpServers.logoutMCPServer({ id });
      show(stdout, settings.json, { json: { loggedOut: id }, text: `logged out of ${id}` });
    },
  });
}

function shownLogins(servers: readonly MCPServer[]): Shown {
  const columns = ["id", "url", "enabled", "login"];
  const rows = servers.map((server) => [
    server.id,
    server.url,
    server.enabled ? "yes" : "no",
    loginText(server),
  ]);
  return {
    json: { mcpServers: servers.map((server) => json(MCPServerSchema, server)) },
    text: table(columns, rows),
  };
}

function loginText({ id, auth, loggedIn }: MCPServer): string {
  if (auth !== MCPServerAuth.MCP_SERVER_AUTH_OAUTH) return "not needed";
  return loggedIn ? "yes" : `no: aibridge mcp login ${id}`;
}
