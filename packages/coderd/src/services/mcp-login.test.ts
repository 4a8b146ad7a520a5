import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerAuth, MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import {
  type FakeOAuth,
  type FakeOAuthOptions,
  startFakeOAuth,
} from "@aibridge/testing/fake-oauth";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const { MCP_SERVER_AUTH_OAUTH: OAUTH } = MCPServerAuth;
const redirectUri = "http://127.0.0.1:49152/callback";

let coderd: TestCoderd;
let owner: TestUser;
let member: TestUser;
let other: TestUser;
let gatewayKey: string;
let fake: FakeOAuth;
const fakes = new AsyncDisposableStack();

beforeAll(async () => {
  coderd = await startTestCoderd();
  owner = await coderd.createUser("owner");
  member = await coderd.createUser("member");
  other = await coderd.createUser("member");
  gatewayKey = (await coderd.createGatewayKey(false)).key;
});

beforeEach(async () => {
  fake = await startFake({});
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await fakes.disposeAsync();
  await coderd[Symbol.asyncDispose]();
});

async function startFake(options: FakeOAuthOptions): Promise<FakeOAuth> {
  return fakes.use(await startFakeOAuth({ nowMs: coderd.clock.now.getTime(), ...options }));
}

const as = (user: TestUser) => coderd.client(MCPServerService, user.key);

let lastNumber = 0;
async function createServer(fields: object = {}): Promise<string> {
  lastNumber += 1;
  const id = `server-${lastNumber}`;
  await as(owner).createMCPServer({ id, url: fake.mcpUrl, auth: OAUTH, ...fields });
  return id;
}

async function login(user: TestUser, id: string, server = fake): Promise<Record<string, string>> {
  const { authorizationUrl } = await as(user).startMCPServerLogin({ id, redirectUri });
  const parameters = await server.approve(authorizationUrl);
  await as(user).completeMCPServerLogin({ parameters });
  coderd.secrets.push(...server.grants.secrets);
  return parameters;
}

async function tokenOf(user: TestUser, id: string): Promise<string | undefined> {
  const configurator = coderd.client(MCPConfiguratorService, gatewayKey);
  const request = { userId: user.id, mcpServerConfigIds: [id] };
  return (await configurator.getMCPServerAccessTokensBatch(request)).accessTokens[id];
}

// proves: mcp.login.flow, mcp.login.registers
test("a user logs in by discovery, registration, PKCE and consent; gateways get the token", async () => {
  const id = await createServer();
  const { authorizationUrl, state } = await as(member).startMCPServerLogin({ id, redirectUri });
  const asked = new URL(authorizationUrl).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: "code",
    redirect_uri: redirectUri,
    state,
    code_challenge_method: "S256",
    resource: fake.mcpUrl,
    scope: "tools",
  });
  const parameters = await fake.approve(authorizationUrl);
  const { mcpServer } = await as(member).completeMCPServerLogin({ parameters });
  expect(mcpServer).toMatchObject({ id, loggedIn: true });
  coderd.secrets.push(...fake.grants.secrets);
  const token = (await tokenOf(member, id)) ?? "";
  expect(fake.grants.accepts(token, fake.mcpUrl)).toBe(true);
  expect(await tokenOf(other, id)).toBeUndefined();
  expect((await as(other).getMCPServer({ id })).mcpServer?.loggedIn).toBe(false);
  expect(fake.count("POST /register")).toBe(1);
});

// proves: mcp.login.bound
test("a login belongs to who began it, works once, and for 10 minutes", async () => {
  const id = await createServer();
  const begin = async () => {
    const { authorizationUrl } = await as(member).startMCPServerLogin({ id, redirectUri });
    return await fake.approve(authorizationUrl);
  };
  const notFound = { code: Code.NotFound };
  const parameters = await begin();
  await expect(as(other).completeMCPServerLogin({ parameters })).rejects.toMatchObject(notFound);
  await as(member).completeMCPServerLogin({ parameters });
  await expect(as(member).completeMCPServerLogin({ parameters })).rejects.toMatchObject(notFound);
  const late = await begin();
  coderd.clock.now = new Date(coderd.clock.now.getTime() + 600_001);
  const completed = as(member).completeMCPServerLogin({ parameters: late });
  await expect(completed).rejects.toMatchObject(notFound);
  expect(fake.count("POST /token")).toBe(1);
});

// proves: mcp.login.issuer
test.each([
  ["names another issuer", { sentIssuer: "https://attacker.example" }],
  ["names no issuer, where one is promised,", { sentIssuer: null }],
])("an answer that %s is not traded for a token", async (_, options) => {
  fake = await startFake(options);
  const id = await createServer();
  await expect(login(member, id)).rejects.toMatchObject({
    code: Code.Unavailable,
    rawMessage: expect.stringContaining("iss"),
  });
  expect(fake.count("POST /token")).toBe(0);
});

// proves: mcp.login.refused
test("a user who says no is told so, and not logged in", async () => {
  const id = await createServer();
  const { state } = await as(member).startMCPServerLogin({ id, redirectUri });
  const parameters = { state, error: "access_denied", iss: fake.url };
  const host = new URL(fake.url).host;
  await expect(as(member).completeMCPServerLogin({ parameters })).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    rawMessage: `login at ${host}: refused (access_denied)`,
  });
  expect((await as(member).getMCPServer({ id })).mcpServer?.loggedIn).toBe(false);
});

// proves: mcp.login.configured-client
test("a configured client with a secret is used as it is", async () => {
  coderd.secrets.push("s3cr3t-of-the-client");
  fake.grants.addClient("ours", "s3cr3t-of-the-client", [redirectUri]);
  const id = await createServer({
    oauthClientId: "ours",
    oauthClientSecret: "s3cr3t-of-the-client",
    oauthScopes: ["read", "write"],
  });
  await login(member, id);
  expect(fake.count("POST /register")).toBe(0);
  expect(await tokenOf(member, id)).toMatch(/^access-/);
});

// proves: mcp.logout
test("a logout revokes the tokens and forgets them, and can be repeated", async () => {
  const id = await createServer();
  await login(member, id);
  await login(other, id);
  const token = (await tokenOf(member, id)) ?? "";
  await as(member).logoutMCPServer({ id });
  await as(member).logoutMCPServer({ id });
  expect(fake.grants.accepts(token, fake.mcpUrl)).toBe(false);
  expect(fake.count("POST /revoke")).toBe(1);
  expect(await tokenOf(member, id)).toBeUndefined();
  expect(await tokenOf(other, id)).toMatch(/^access-/);
});

// proves: mcp.logout
test("a logout holds also where the authorization server is gone", async () => {
  const id = await createServer();
  await login(member, id);
  await fake[Symbol.asyncDispose]();
  await as(member).logoutMCPServer({ id });
  expect(await tokenOf(member, id)).toBeUndefined();
});

// proves: mcp.servers.moved
test("another origin ends every login, another path none; to delete ends all", async () => {
  const id = await createServer();
  await login(member, id);
  await as(owner).updateMCPServer({ id, url: `${fake.url}/v2/mcp` });
  expect(await tokenOf(member, id)).toMatch(/^access-/);
  const begun = await as(other).startMCPServerLogin({ id, redirectUri });
  await as(owner).updateMCPServer({ id, url: "https://elsewhere.example/mcp" });
  expect(await tokenOf(member, id)).toBeUndefined();
  await as(owner).updateMCPServer({ id, url: fake.mcpUrl });
  const parameters = { state: begun.state, code: "any" };
  await expect(as(other).completeMCPServerLogin({ parameters })).rejects.toMatchObject({
    code: Code.NotFound,
  });
  await login(member, id);
  await as(owner).deleteMCPServer({ id });
  await expect(as(member).getMCPServer({ id })).rejects.toMatchObject({ code: Code.NotFound });
});

// proves: mcp.login.needs-oauth
test("a server without OAuth takes no login", async () => {
  await as(owner).createMCPServer({ id: "plain", url: fake.mcpUrl });
  const begun = as(member).startMCPServerLogin({ id: "plain", redirectUri });
  await expect(begun).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    rawMessage: "this MCP server takes no login",
  });
});

// proves: mcp.login.redirect-uri
test.each([
  "http://example.com/callback",
  "http://localhost:1/callback",
  "http://127.0.0.1.example.com/callback",
  "https://u:p@example.com/callback",
  "https://example.com/#callback",
  "javascript:alert(1)",
  "",
])("the redirect URI %j is an invalid argument", async (uri) => {
  const begun = as(member).startMCPServerLogin({ id: "any", redirectUri: uri });
  await expect(begun).rejects.toMatchObject({ code: Code.InvalidArgument });
});

// proves: mcp.login.unplayable
test.each([
  ["does not say PKCE", { metadata: { code_challenge_methods_supported: undefined } }, "PKCE"],
  ["is another issuer", { metadata: { issuer: "https://other.example" } }, '"issuer"'],
  ["has no registration", { metadata: { registration_endpoint: undefined } }, "not offered"],
  [
    "is for another resource",
    { resourceMetadata: { resource: "https://a.example" } },
    '"resource"',
  ],
  [
    "sends the user to a script",
    { metadata: { authorization_endpoint: "javascript:alert(1)" } },
    "names a URL that is not https",
  ],
  [
    "is where clouds hand out credentials",
    { authorizationServer: "http://169.254.169.254" },
    "169.254.169.254 is nearer to coderd than",
  ],
  [
    "can't be reached",
    { authorizationServer: "http://127.0.0.1:1" },
    "127.0.0.1:1 can't be reached (ECONNREFUSED)",
  ],
])("an authorization server that %s is unavailable, with why", async (_, options, why) => {
  fake = await startFake(options);
  const id = await createServer();
  const begun = as(member).startMCPServerLogin({ id, redirectUri });
  await expect(begun).rejects.toMatchObject({
    code: Code.Unavailable,
    rawMessage: expect.stringContaining(why),
  });
});
