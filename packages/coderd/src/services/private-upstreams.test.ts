import { MCPServerAuth, MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { ProviderService, ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { startTestCoderd } from "./test-coderd.ts";

const type = ProviderType.OPENAI;

// proves: upstreams.private-refused
test("a provider or MCP server on an address that is not public is refused, and what to set is said", async () => {
  await using coderd = await startTestCoderd({ privateUpstreams: "refuse" });
  const owner = await coderd.createUser("owner");
  const providers = coderd.client(ProviderService, owner.key);
  const mcpServers = coderd.client(MCPServerService, owner.key);
  const refused = (host: string, value: string) => ({
    code: Code.InvalidArgument,
    rawMessage: expect.stringContaining(
      `${host} is no public address; coderd and every aibridged must be told to allow it, by AIBRIDGE_PRIVATE_UPSTREAMS=${value}`,
    ),
  });
  await expect(
    providers.createProvider({ name: "p", type, baseUrl: "http://10.0.0.1/v1" }),
  ).rejects.toMatchObject(refused("10.0.0.1", "allow"));
  await expect(
    providers.createProvider({ name: "p", type, baseUrl: "http://169.254.169.254" }),
  ).rejects.toMatchObject(refused("169.254.169.254", "allow-link-local"));
  await expect(
    mcpServers.createMCPServer({
      id: "m",
      url: "http://localhost:1/mcp",
      auth: MCPServerAuth.MCP_SERVER_AUTH_NONE,
    }),
  ).rejects.toMatchObject(refused("localhost", "allow"));

  await providers.createProvider({ name: "p", type, baseUrl: "https://models.example/v1" });
  await expect(
    providers.updateProvider({ name: "p", baseUrl: "http://[::1]/v1" }),
  ).rejects.toMatchObject(refused("::1", "allow"));
});

// proves: upstreams.private-refused
test("where private addresses are allowed, those where clouds hand out credentials are not", async () => {
  await using coderd = await startTestCoderd({ privateUpstreams: "allow" });
  const owner = await coderd.createUser("owner");
  const providers = coderd.client(ProviderService, owner.key);
  await providers.createProvider({ name: "p", type, baseUrl: "http://10.0.0.1/v1" });
  for (const baseUrl of ["http://169.254.169.254/v1", "http://[fd00:ec2::254]/v1"]) {
    await expect(providers.createProvider({ name: "q", type, baseUrl })).rejects.toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: expect.stringContaining("AIBRIDGE_PRIVATE_UPSTREAMS=allow-link-local"),
    });
  }
});
