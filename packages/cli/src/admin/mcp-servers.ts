import {
  type MCPServer,
  MCPServerAuth,
  MCPServerSchema,
} from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { oneOf, optional, required, textSchema, variable } from "@aibridge/runtime";
import type { Command } from "commander";
import { addCommand, flag, type SettingsOf, switchFlag } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { mcpSecretFlags, readMcpSecrets } from "./mcp-secret-input.ts";
import { everyPage } from "./pages.ts";
import { type AdminSession, adminFlags, openSession } from "./session.ts";
import { json, orDash, present, time } from "./text.ts";

const auths = {
  none: MCPServerAuth.MCP_SERVER_AUTH_NONE,
  oauth: MCPServerAuth.MCP_SERVER_AUTH_OAUTH,
  coder: MCPServerAuth.MCP_SERVER_AUTH_CODER,
} as const;
const authNames = new Map<number, string>(
  Object.entries(auths).map(([name, auth]) => [auth, name]),
);

/** coderd checks it: a slash at the end, which other URLs here lose, counts for MCP. */
const serverUrl = textSchema("the URL of an MCP server", (text) => text);
const pattern = textSchema("a pattern of RE2", (text) => text);

const allowFlag = flag(
  "--allow <pattern>",
  "leave out tools whose name does not match this RE2 pattern",
  optional("AIBRIDGE_MCP_ALLOW", pattern),
);
const denyFlag = flag(
  "--deny <pattern>",
  "leave out tools whose name matches this RE2 pattern; it beats --allow",
  optional("AIBRIDGE_MCP_DENY", pattern),
);

/** Adds `aibridge mcp servers`. */
export function addMcpServerCommands(mcp: Command, surroundings: Surroundings): void {
  const parent = mcp.command("servers").description("Administer MCP servers");
  addCreate(parent, surroundings);
  addList(parent, surroundings);
  addUpdate(parent, surroundings);
  addDelete(parent, surroundings);
  addSimple(parent, surroundings, "get <id>", "show an MCP server", ({ mcpServers }, id) =>
    mcpServers.getMCPServer({ id }),
  );
  addSimple(parent, surroundings, "enable <id>", "let gateways use it again", (session, id) =>
    session.mcpServers.updateMCPServer({ id, enabled: true }),
  );
  addSimple(parent, surroundings, "disable <id>", "make gateways do without it", (session, id) =>
    session.mcpServers.updateMCPServer({ id, enabled: false }),
  );
}

function addCreate(parent: Command, surroundings: Surroundings): void {
  const { env, stdout } = surroundings;
  addCommand(parent, env, {
    usage: "create <id>",
    help: "add an MCP server; its id becomes part of its tools' names",
    flags: {
      ...adminFlags,
      serverUrl: flag(
        "--server-url <url>",
        "where it speaks streamable HTTP",
        required("AIBRIDGE_MCP_SERVER_URL", serverUrl),
      ),
      auth: flag(
        "--auth <auth>",
        "how it knows who calls: none (or by --headers-stdin), oauth (users log in), or coder (by the user's API key)",
        variable("AIBRIDGE_MCP_AUTH", oneOf("none", "oauth", "coder"), "none"),
      ),
      allow: allowFlag,
      deny: denyFlag,
      clientId: flag(
        "--oauth-client-id <id>",
        "the OAuth client to log in with; else one registers itself",
        optional(
          "AIBRIDGE_MCP_OAUTH_CLIENT_ID",
          textSchema("a client's id", (text) => text),
        ),
      ),
      scopes: flag(
        "--oauth-scopes <scopes>",
        "what to ask for at login, with spaces between; else what the server says",
        optional(
          "AIBRIDGE_MCP_OAUTH_SCOPES",
          textSchema("scopes", (text) => text.split(/\s+/)),
        ),
      ),
      ...mcpSecretFlags,
    },
    async run(settings, id = "") {
      const { headers, clientSecret } = await readMcpSecrets(settings, surroundings);
      const { mcpServers } = await openSession(settings);
      const { mcpServer } = await mcpServers.createMCPServer({
        id,
        url: settings.serverUrl,
        auth: auths[settings.auth],
        toolAllowRegex: settings.allow ?? "",
        toolDenyRegex: settings.deny ?? "",
        headers,
        oauthClientId: settings.clientId ?? "",
        oauthClientSecret: clientSecret?.reveal() ?? "",
        oauthScopes: settings.scopes ?? [],
      });
      show(stdout, settings.json, shownServer(mcpServer));
    },
  });
}

function addList(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "list",
    help: "list MCP servers by id",
    flags: adminFlags,
    async run(settings) {
      const { mcpServers } = await openSession(settings);
      const all = await everyPage(
        (page) => mcpServers.listMCPServers(page),
        (page) => page.mcpServers,
      );
      show(stdout, settings.json, shownServers(all));
    },
  });
}

function addUpdate(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "update <id>",
    help: "change an MCP server's URL or patterns; another origin ends every login",
    flags: {
      ...adminFlags,
      serverUrl: flag(
        "--server-url <url>",
        "where it speaks streamable HTTP from now on",
        optional("AIBRIDGE_MCP_SERVER_URL", serverUrl),
      ),
      allow: allowFlag,
      deny: denyFlag,
      removeAllow: switchFlag("--remove-allow", "let all names match", "AIBRIDGE_MCP_REMOVE_ALLOW"),
      removeDeny: switchFlag("--remove-deny", "leave no name out", "AIBRIDGE_MCP_REMOVE_DENY"),
    },
    async run(settings, id = "") {
      const url = settings.serverUrl;
      const toolAllowRegex = changed("allow", settings.allow, settings.removeAllow);
      const toolDenyRegex = changed("deny", settings.deny, settings.removeDeny);
      if (url === undefined && toolAllowRegex === undefined && toolDenyRegex === undefined) {
        throw usageFailure("what is to change? Give a URL or a pattern");
      }
      const { mcpServers } = await openSession(settings);
      const { mcpServer } = await mcpServers.updateMCPServer({
        id,
        ...(url !== undefined && { url }),
        ...(toolAllowRegex !== undefined && { toolAllowRegex }),
        ...(toolDenyRegex !== undefined && { toolDenyRegex }),
      });
      show(stdout, settings.json, shownServer(mcpServer));
    },
  });
}

function changed(name: string, given: string | undefined, isRemoved: boolean): string | undefined {
  if (given !== undefined && isRemoved) {
    throw usageFailure(`choose one of --${name} and --remove-${name}`);
  }
  return isRemoved ? "" : given;
}

function addDelete(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "delete <id>",
    help: "remove an MCP server, and everybody's tokens for it",
    flags: adminFlags,
    async run(settings, id = "") {
      const { mcpServers } = await openSession(settings);
      await mcpServers.deleteMCPServer({ id });
      show(stdout, settings.json, { json: { deleted: id }, text: `deleted ${id}` });
    },
  });
}

function addSimple(
  parent: Command,
  { env, stdout }: Surroundings,
  usage: string,
  help: string,
  call: (session: AdminSession, id: string) => Promise<{ mcpServer?: MCPServer | undefined }>,
): void {
  addCommand(parent, env, {
    usage,
    help,
    flags: adminFlags,
    async run(settings: SettingsOf<typeof adminFlags>, id = "") {
      const { mcpServer } = await call(await openSession(settings), id);
      show(stdout, settings.json, shownServer(mcpServer));
    },
  });
}

/** A server as people and programs read it. */
export function shownServer(answered: MCPServer | undefined): Shown {
  const server = present(answered);
  const pairs = {
    id: server.id,
    url: server.url,
    auth: authNames.get(server.auth) ?? "-",
    enabled: String(server.enabled),
    "allowed tools": server.toolAllowRegex || "all",
    "denied tools": server.toolDenyRegex || "none",
    headers: orDash(server.headerNames.join(", ")),
    ...(server.auth === MCPServerAuth.MCP_SERVER_AUTH_OAUTH && {
      "oauth client": server.oauthClientId || "registers itself",
      "oauth scopes": server.oauthScopes.join(" ") || "what the server says",
      "logged in": String(server.loggedIn),
    }),
    created: time(server.createTime),
    updated: time(server.updateTime),
  };
  return { json: { mcpServer: json(MCPServerSchema, server) }, text: facts(pairs) };
}

function shownServers(servers: readonly MCPServer[]): Shown {
  const columns = ["id", "url", "auth", "enabled", "allow", "deny", "headers", "updated"];
  const rows = servers.map((server) => [
    server.id,
    server.url,
    authNames.get(server.auth) ?? "-",
    server.enabled ? "yes" : "no",
    orDash(server.toolAllowRegex),
    orDash(server.toolDenyRegex),
    orDash(server.headerNames.join(",")),
    time(server.updateTime),
  ]);
  return {
    json: { mcpServers: servers.map((server) => json(MCPServerSchema, server)) },
    text: table(columns, rows),
  };
}
