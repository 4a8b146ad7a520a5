import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerAuth, MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import {
  type FakeOAuth,
  type FakeOAuthOptions,
  startFakeOAuth,
} from "@aibridge/testing/fake-oauth";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { KeyRing } from "../credentials/key-ring.ts";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const { MCP_SERVER_AUTH_OAUTH: OAUTH, MCP_SERVER_AUTH_CODER: CODER } = MCPServerAuth;
const redirectUri = "http://127.0.0.1:49152/callback";

let coderd: TestCoderd;
/** A second process on the same store. */
let replica: TestCoderd;
let owner: TestUser;
let gatewayKey: string;
let user: TestUser;
let fake: FakeOAuth;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  coderd = await startTestCoderd();
  const store = { ...coderd.store, [Symbol.asyncDispose]: async () => {} };
  replica = await startTestCoderd({ store });
  owner = await coderd.createUser("owner");
  gatewayKey = (await coderd.createGatewayKey(false)).key;
});

beforeEach(async () => {
  coderd.clock.now = new Date("2030-01-01T00:00:00.000Z");
  replica.clock.now = coderd.clock.now;
  user = await coderd.createUser("member");
  fake = await startFake({});
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await opened.disposeAsync();
  await replica[Symbol.asyncDispose]();
  await coderd[Symbol.asyncDispose]();
});

async function startFake(options: FakeOAuthOptions): Promise<FakeOAuth> {
  return opened.use(await startFakeOAuth({ nowMs: coderd.clock.now.getTime(), ...options }));
}

const admin = () => coderd.client(MCPServerService, owner.key);
const configurator = (at = coderd) => at.client(MCPConfiguratorService, gatewayKey);

/** Lets time pass, at both ends. */
function pass(seconds: number, ...servers: readonly FakeOAuth[]): void {
  coderd.clock.now = new Date(coderd.clock.now.getTime() + seconds * 1000);
  replica.clock.now = coderd.clock.now;
  for (const { grants } of [fake, ...servers]) grants.nowMs += seconds * 1000;
}

let lastNumber = 0;
async function loggedIn(server = fake): Promise<string> {
  lastNumber += 1;
  const id = `oauth-${lastNumber}`;
  await admin().createMCPServer({ id, url: server.mcpUrl, auth: OAUTH });
  const asUser = coderd.client(MCPServerService, user.key);
  const { authorizationUrl } = await asUser.startMCPServerLogin({ id, redirectUri });
  await asUser.completeMCPServerLogin({ parameters: await server.approve(authorizationUrl) });
  coderd.secrets.push(...server.grants.secrets);
  return id;
}

async function batch(ids: readonly string[], at = coderd) {
  const request = { userId: user.id, mcpServerConfigIds: [...ids] };
  const answer = await configurator(at).getMCPServerAccessTokensBatch(request);
  coderd.secrets.push(...fake.grants.secrets);
  return { accessTokens: answer.accessTokens, errors: answer.errors };
}

// proves: mcp.config.answer
test("gateways get the enabled servers in order, Coder's own apart, headers in clear", async () => {
  const none = await configurator().getMCPServerConfigs({ userId: user.id });
  expect(none.coderMcpConfig).toBeUndefined();
  expect(none.externalAuthMcpConfigs).toEqual([]);
  const secret = "header-value-0123456789";
  coderd.secrets.push(secret);
  await admin().createMCPServer({ id: "b", url: "https://b.example/mcp", auth: OAUTH });
  await admin().createMCPServer({
    id: "a",
    url: "https://a.example/mcp/",
    toolAllowRegex: "^get_",
    toolDenyRegex: "secret",
    headers: { "X-Api-Key": secret },
  });
  await admin().createMCPServer({ id: "c", url: "https://c.example/mcp", auth: CODER });
  await admin().createMCPServer({ id: "d", url: "https://d.example/mcp" });
  await admin().updateMCPServer({ id: "d", enabled: false });
  expect(await configurator().getMCPServerConfigs({ userId: user.id })).toMatchObject({
    coderMcpConfig: { id: "c", url: "https://c.example/mcp", wantsAccessToken: false },
    externalAuthMcpConfigs: [
      {
        id: "a",
        url: "https://a.example/mcp/",
        toolAllowRegex: "^get_",
        toolDenyRegex: "secret",
        headers: { "x-api-key": secret },
        wantsAccessToken: false,
      },
      { id: "b", url: "https://b.example/mcp", headers: {}, wantsAccessToken: true },
    ],
  });
  const store = { ...coderd.store, [Symbol.asyncDispose]: async () => {} };
  await using keyless = await startTestCoderd({ store, keyRing: new KeyRing([]) });
  const rest = await configurator(keyless).getMCPServerConfigs({ userId: user.id });
  expect(rest.externalAuthMcpConfigs.map(({ id }) => id)).toEqual(["b"]);
  for (const id of ["a", "b", "c", "d"]) await admin().deleteMCPServer({ id });
});

// proves: mcp.tokens.refresh
test("a token is refreshed a minute before it expires, and not earlier", async () => {
  const id = await loggedIn();
  const first = (await batch([id])).accessTokens[id];
  pass(3539);
  expect((await batch([id])).accessTokens[id]).toBe(first);
  pass(1);
  const second = (await batch([id])).accessTokens[id] ?? "";
  expect(second).not.toBe(first);
  expect(fake.grants.accepts(second, fake.mcpUrl)).toBe(true);
  // The refresh token had been rotated: the new one works as well.
  pass(3600);
  const third = (await batch([id])).accessTokens[id] ?? "";
  expect(fake.grants.accepts(third, fake.mcpUrl)).toBe(true);
});

// proves: mcp.tokens.never-expires
test("a token of which no end is known is never refreshed", async () => {
  fake.grants.lifetimeSeconds = undefined;
  const id = await loggedIn();
  pass(10 * 365 * 24 * 3600);
  expect((await batch([id])).accessTokens[id]).toMatch(/^access-/);
  expect(fake.count("POST /token")).toBe(1);
});

// proves: mcp.tokens.once
test("however many ask two coderds at once, a refresh token is used once", async () => {
  const id = await loggedIn();
  pass(3600);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => batch([id], n % 2 === 0 ? coderd : replica)),
  );
  const tokens = new Set(answers.map(({ accessTokens }) => accessTokens[id]));
  expect(tokens.size).toBe(1);
  expect(fake.grants.accepts([...tokens][0] ?? "", fake.mcpUrl)).toBe(true);
  expect(fake.count("POST /token")).toBe(2);
});

// proves: mcp.tokens.batch
test("one that hangs takes nothing from the others, and its token is kept when it comes", async () => {
  const hanging = await startFake({});
  const gone = await startFake({});
  const ids = [await loggedIn(), await loggedIn(hanging), await loggedIn(gone)];
  const [good = "", slow = "", dead = ""] = ids;
  pass(3600, hanging, gone);
  const held = hanging.hold("/token");
  await gone[Symbol.asyncDispose]();
  const { accessTokens, errors } = await batch([...ids, "unknown", good]);
  expect(Object.keys(accessTokens)).toEqual([good]);
  expect(errors).toEqual({
    // Of the batch's own deadline; a call's is longer, and names the host.
    [slow]: "the authorization server did not answer in time",
    [dead]: `${new URL(gone.mcpUrl).host} can't be reached (ECONNREFUSED)`,
    unknown: "no such MCP server, or it is disabled",
  });
  held.release();
  const late = await batch([slow]);
  expect(hanging.grants.accepts(late.accessTokens[slow] ?? "", hanging.mcpUrl)).toBe(true);
  expect(hanging.count("POST /token")).toBe(2);
});

// proves: mcp.tokens.last-seconds
test("a token with seconds to live is given if it can't be refreshed", async () => {
  const id = await loggedIn();
  const before = (await batch([id])).accessTokens[id];
  pass(3570);
  await fake[Symbol.asyncDispose]();
  expect((await batch([id])).accessTokens[id]).toBe(before);
  pass(30);
  const host = new URL(fake.mcpUrl).host;
  expect((await batch([id])).errors[id]).toBe(`${host} can't be reached (ECONNREFUSED)`);
});

// proves: mcp.tokens.invalid-grant
test("what the authorization server ended is ended: login needed", async () => {
  const id = await loggedIn();
  const token = (await batch([id])).accessTokens[id] ?? "";
  fake.grants.revoke(new URLSearchParams({ token }));
  pass(3600);
  const needed = { [id]: `login needed: run \`aibridge mcp login ${id}\`` };
  expect((await batch([id])).errors).toEqual(needed);
  const asUser = coderd.client(MCPServerService, user.key);
  expect((await asUser.getMCPServer({ id })).mcpServer?.loggedIn).toBe(false);
  expect((await batch([id])).errors).toEqual(needed);
  expect(fake.count("POST /token")).toBe(2);
});

// proves: mcp.tokens.invalid-grant
test("without a refresh token a login ends with its token", async () => {
  fake.grants.givesRefreshTokens = false;
  const id = await loggedIn();
  expect((await batch([id])).accessTokens[id]).toMatch(/^access-/);
  pass(3600);
  expect((await batch([id])).errors[id]).toBe(`login needed: run \`aibridge mcp login ${id}\``);
  expect(fake.count("POST /token")).toBe(1);
});

test("tokens that can't be decrypted any more: login needed", async () => {
  const id = await loggedIn();
  const store = { ...coderd.store, [Symbol.asyncDispose]: async () => {} };
  const keyRing = new KeyRing([{ id: "other", bytes: Buffer.alloc(32, 8) }]);
  await using lost = await startTestCoderd({ store, keyRing });
  expect((await batch([id], lost)).errors[id]).toBe(
    `login needed: run \`aibridge mcp login ${id}\``,
  );
});

// proves: mcp.logout
test("a logout while the token is being refreshed holds", async () => {
  const id = await loggedIn();
  pass(3600);
  const token = fake.hold("/token");
  const revoke = fake.hold("/revoke");
  const refreshing = batch([id]);
  await token.asked;
  const loggingOut = coderd.client(MCPServerService, user.key).logoutMCPServer({ id });
  // The login is forgotten before the authorization server is told.
  await revoke.asked;
  token.release();
  // What the refresh brought is revoked too, not kept.
  revoke.release();
  await loggingOut;
  expect((await refreshing).errors[id]).toBe(`login needed: run \`aibridge mcp login ${id}\``);
  expect(fake.count("POST /revoke")).toBe(2);
  expect((await batch([id])).accessTokens).toEqual({});
});

// proves: mcp.tokens.users
test("a suspended user's tokens are given to nobody, until the user is active again", async () => {
  const id = await loggedIn();
  await coderd.store.users.suspend(user.id, coderd.clock.now);
  expect((await batch([id])).accessTokens).toEqual({});
  await coderd.store.users.activate(user.id);
  expect((await batch([id])).accessTokens[id]).toMatch(/^access-/);
});

// proves: mcp.tokens.others
test("servers that take no token, and disabled ones, say so", async () => {
  const id = await loggedIn();
  await admin().createMCPServer({ id: "open", url: "https://open.example/mcp" });
  await admin().updateMCPServer({ id, enabled: false });
  expect((await batch([id, "open"])).errors).toEqual({
    [id]: "no such MCP server, or it is disabled",
    open: "this MCP server takes no access token",
  });
  await admin().deleteMCPServer({ id: "open" });
  const many = Array.from({ length: 101 }, (_, n) => `s${n}`);
  await expect(batch(many)).rejects.toMatchObject({ code: Code.InvalidArgument });
});
