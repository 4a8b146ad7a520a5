import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerAuth, MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { startFakeOAuth } from "@aibridge/testing/fake-oauth";
import { expect, jest, test } from "@jest/globals";
import { openEmbeddedStore } from "../store/open-embedded.ts";
import { startTestCoderd } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const redirectUri = "http://127.0.0.1:49152/callback";
const header = "header-value-0123456789";
const clientSecret = "secret-of-the-client-0123456789";

// proves: mcp.store.sealed
test("no token, code, verifier, state, header or secret is in the database's files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aibridge-sealed-"));
  try {
    await using fake = await startFakeOAuth({ nowMs: Date.UTC(2030, 0, 1) });
    const state = await liveThrough(join(folder, "store"), fake);
    const secrets = [...fake.grants.secrets, state, header, clientSecret];
    expect(secrets.length).toBeGreaterThan(7);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    let found = false;
    for (const file of files.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name));
      expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
      // What is not secret is there, so that the test looks where things are.
      found ||= bytes.includes("client-of-a-test");
    }
    expect(found).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Logs in, refreshes, begins another login, and closes. Gives the state of the last. */
async function liveThrough(
  directory: string,
  fake: Awaited<ReturnType<typeof startFakeOAuth>>,
): Promise<string> {
  await using coderd = await startTestCoderd({ store: await openEmbeddedStore(directory) });
  const owner = await coderd.createUser("owner");
  const gateway = await coderd.createGatewayKey(false);
  const servers = coderd.client(MCPServerService, owner.key);
  fake.grants.addClient("client-of-a-test", clientSecret, [redirectUri]);
  const id = "sealed";
  await servers.createMCPServer({
    id,
    url: fake.mcpUrl,
    auth: MCPServerAuth.MCP_SERVER_AUTH_OAUTH,
    headers: { "X-Api-Key": header },
    oauthClientId: "client-of-a-test",
    oauthClientSecret: clientSecret,
  });
  const first = await servers.startMCPServerLogin({ id, redirectUri });
  const parameters = await fake.approve(first.authorizationUrl);
  await servers.completeMCPServerLogin({ parameters });
  coderd.clock.now = new Date(coderd.clock.now.getTime() + 3_600_000);
  const request = { userId: owner.id, mcpServerConfigIds: [id] };
  const configurator = coderd.client(MCPConfiguratorService, gateway.key);
  const { accessTokens } = await configurator.getMCPServerAccessTokensBatch(request);
  expect(fake.grants.secrets).toContain(accessTokens[id]);
  coderd.secrets.push(...fake.grants.secrets, header, clientSecret);
  coderd.expectNoSecretLogged();
  return (await servers.startMCPServerLogin({ id, redirectUri })).state;
}
