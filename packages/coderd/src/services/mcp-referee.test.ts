import { createServer } from "node:http";
import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerAuth, MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { bind } from "@aibridge/runtime";
import { startFakeOAuth } from "@aibridge/testing/fake-oauth";
import { expect, jest, test } from "@jest/globals";
import { Provider } from "oidc-provider";
import { startTestCoderd } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const redirectUri = "http://127.0.0.1:49152/callback";

// It warns that it would not do for production, and it would not.
for (const level of ["warn", "info"] as const) {
  jest.spyOn(console, level).mockImplementation(() => {});
}

/** A certified authorization server that we did not write, with a user who agrees to all. */
async function startReferee() {
  const server = createServer();
  const { port } = await bind(server, { host: "127.0.0.1", port: 0 });
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    cookies: { keys: ["of a test"] },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "tools",
          accessTokenFormat: "opaque",
          accessTokenTTL: 30,
        }),
      },
    },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, { uid }) => `/agree/${uid}` },
  });
  const callback = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url?.startsWith("/agree/")) return callback(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: "ada", clientId: String(params.client_id) });
    grant.addOIDCScope("openid offline_access");
    grant.addResourceScope(String(params.resource), "tools");
    const consent = { grantId: await grant.save() };
    const result = { login: { accountId: "ada" }, consent };
    await provider.interactionFinished(request, response, result);
  });
  return {
    issuer,
    provider,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Follows redirects as a browser does, cookies included, to the one that leaves for our URI. */
async function browse(start: string): Promise<Record<string, string>> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${response.status}: ${await response.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(redirectUri)) return Object.fromEntries(new URL(url).searchParams);
  }
  throw new Error("too many redirects");
}

// proves: mcp.login.flow, mcp.login.registers, mcp.tokens.refresh, mcp.logout
test("a whole life of a login at oidc-provider: registered, refreshed, revoked", async () => {
  await using referee = await startReferee();
  await using mcp = await startFakeOAuth({ authorizationServer: referee.issuer });
  await using coderd = await startTestCoderd();
  const owner = await coderd.createUser("owner");
  const user = await coderd.createUser("member");
  const gateway = await coderd.createGatewayKey(false);
  const id = "referee";
  const { MCP_SERVER_AUTH_OAUTH: auth } = MCPServerAuth;
  await coderd.client(MCPServerService, owner.key).createMCPServer({ id, url: mcp.mcpUrl, auth });
  const asUser = coderd.client(MCPServerService, user.key);
  const { authorizationUrl } = await asUser.startMCPServerLogin({ id, redirectUri });
  const parameters = await browse(authorizationUrl);
  expect(parameters.iss).toBe(referee.issuer);
  const { mcpServer } = await asUser.completeMCPServerLogin({ parameters });
  expect(mcpServer?.loggedIn).toBe(true);

  const request = { userId: user.id, mcpServerConfigIds: [id] };
  const configurator = coderd.client(MCPConfiguratorService, gateway.key);
  // Each lives for 30 s, so each call refreshes, with a refresh token that was rotated.
  const tokens: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { accessTokens, errors } = await configurator.getMCPServerAccessTokensBatch(request);
    expect(errors).toEqual({});
    tokens.push(accessTokens[id] ?? "");
  }
  coderd.secrets.push(...tokens, parameters.code ?? "");
  expect(new Set(tokens).size).toBe(3);
  const last = tokens[2] ?? "";
  expect(await referee.provider.AccessToken.find(last)).toMatchObject({ aud: mcp.mcpUrl });
  await asUser.logoutMCPServer({ id });
  expect(await referee.provider.AccessToken.find(last)).toBeUndefined();
  coderd.expectNoSecretLogged();
});
