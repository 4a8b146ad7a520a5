import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { createHealth, createLogger, listenRpc, type RpcListener } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { afterEach, expect, test } from "@jest/globals";
import { createCoderdTransport } from "../coderd/transport.ts";
import { createRpcMcpConfigurator } from "./rpc-mcp-configurator.ts";

const never = new AbortController().signal;
const userId = "0197b2a6-0000-7000-8000-000000000001";
let coderd: RpcListener | undefined;
afterEach(() => coderd?.destroy());

async function configuratorOf(service: Partial<ServiceImpl<typeof MCPConfiguratorService>>) {
  coderd = await listenRpc({
    listen: { host: "127.0.0.1", port: 0 },
    routes: (router) => void router.service(MCPConfiguratorService, service),
    reflect: [MCPConfiguratorService],
    health: createHealth([]),
    log: createLogger({ name: "coderd", level: "silent" }),
    readMaxBytes: 10_000,
  });
  const gatewayKey = new Secret("the-gateways-key");
  return createRpcMcpConfigurator(
    createCoderdTransport({ url: coderd.url, gatewayKey, ca: undefined }),
  );
}

// proves: mcp.session-key.direct, mcp.access-token
test("only Coder's own server gets the session key, and others what they want", async () => {
  const asked: string[] = [];
  const configurator = await configuratorOf({
    getMCPServerConfigs: (request) => {
      asked.push(request.userId);
      return {
        coderMcpConfig: { id: "coder", url: "http://coder/mcp", wantsAccessToken: true },
        externalAuthMcpConfigs: [
          {
            id: "github",
            url: "https://github/mcp",
            toolAllowRegex: "^get_",
            toolDenyRegex: "secret",
            headers: { "x-tenant": "seventeen" },
            wantsAccessToken: true,
          },
          { id: "open", url: "https://open/mcp" },
        ],
      };
    },
  });
  const servers = await configurator.serversOf(userId, never);
  const none = { toolAllowRegex: "", toolDenyRegex: "", headers: new Map() };
  expect(servers).toEqual([
    { ...none, id: "coder", url: "http://coder/mcp", auth: "session-key" },
    {
      id: "github",
      url: "https://github/mcp",
      auth: "access-token",
      toolAllowRegex: "^get_",
      toolDenyRegex: "secret",
      headers: new Map([["x-tenant", expect.any(Secret)]]),
    },
    { ...none, id: "open", url: "https://open/mcp", auth: "none" },
  ]);
  expect(servers[1]?.headers.get("x-tenant")?.reveal()).toBe("seventeen");
  expect(asked).toEqual([userId]);
});

// proves: mcp.access-token
test("tokens come with why others could not be had, and are secrets from here on", async () => {
  const asked: string[][] = [];
  const configurator = await configuratorOf({
    getMCPServerAccessTokensBatch: ({ mcpServerConfigIds }) => {
      asked.push(mcpServerConfigIds);
      return { accessTokens: { a: "token-of-a" }, errors: { b: "not logged in" } };
    },
  });
  const { tokens, errors } = await configurator.accessTokensOf(userId, ["a", "b"], never);
  expect([...tokens].map(([id, token]) => [id, token.reveal()])).toEqual([["a", "token-of-a"]]);
  expect(String([...tokens])).toBe("a,[secret]");
  expect([...errors]).toEqual([["b", "not logged in"]]);
  expect(asked).toEqual([["a", "b"]]);
});

// proves: mcp.no-servers, mcp.coderd-down
test("a coderd without MCP has no servers, and one that does not answer is an error", async () => {
  const old = await configuratorOf({});
  expect(await old.serversOf(userId, never)).toEqual([]);
  await coderd?.destroy();
  await expect(old.serversOf(userId, never)).rejects.toMatchObject({ code: Code.Unavailable });
  const refusing = await configuratorOf({
    getMCPServerConfigs: () => {
      throw new ConnectError("no", Code.PermissionDenied);
    },
  });
  await expect(refusing.serversOf(userId, never)).rejects.toMatchObject({
    code: Code.PermissionDenied,
  });
});
