import {
  type CreateMCPServerRequestSchema,
  MCPServerAuth,
  MCPServerService,
} from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { KeyRing } from "../credentials/key-ring.ts";
import { startTestCoderd, type TestCoderd } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const {
  MCP_SERVER_AUTH_NONE: NONE,
  MCP_SERVER_AUTH_OAUTH: OAUTH,
  MCP_SERVER_AUTH_CODER: CODER,
} = MCPServerAuth;
const url = "https://mcp.example/mcp";

let coderd: TestCoderd;
let ownerKey: string;
let memberKey: string;

beforeAll(async () => {
  coderd = await startTestCoderd();
  ownerKey = (await coderd.createUser("owner")).key;
  memberKey = (await coderd.createUser("member")).key;
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const servers = (key = ownerKey) => coderd.client(MCPServerService, key);

// proves: mcp.servers.shown
test("everybody reads a server, without its secrets", async () => {
  const headers = { "X-Tenant": "acme-tenant-id", "X-Api-Key": "0123456789abcdef" };
  coderd.secrets.push(...Object.values(headers), "the-clients-secret");
  const { mcpServer } = await servers().createMCPServer({
    id: "github",
    url,
    auth: OAUTH,
    toolAllowRegex: "^get_",
    headers,
    oauthClientId: "ours",
    oauthClientSecret: "the-clients-secret",
    oauthScopes: ["repo"],
  });
  expect(mcpServer).toMatchObject({
    id: "github",
    url,
    auth: OAUTH,
    enabled: true,
    toolAllowRegex: "^get_",
    toolDenyRegex: "",
    headerNames: ["x-api-key", "x-tenant"],
    oauthClientId: "ours",
    oauthScopes: ["repo"],
    loggedIn: false,
  });
  expect((await servers(memberKey).getMCPServer({ id: "github" })).mcpServer).toEqual(mcpServer);
  const listed = await servers(memberKey).listMCPServers({});
  expect(listed.mcpServers).toEqual([mcpServer]);
  const json = JSON.stringify(listed, (_, value) =>
    typeof value === "bigint" ? `${value}` : value,
  );
  for (const secret of [...Object.values(headers), "the-clients-secret"]) {
    expect(json).not.toContain(secret);
  }
});

// proves: mcp.servers.sealed
test("headers and the client's secret are sealed in the row, for that server only", async () => {
  const row = await coderd.store.mcpServers.get("github");
  expect(row?.secretsKeyId).toBe("k1");
  const bytes = Buffer.from(row?.secretsSealed ?? []);
  for (const secret of ["0123456789", "the-clients", "x-api-key"]) {
    expect(bytes.includes(secret)).toBe(false);
  }
  const ring = new KeyRing([{ id: "k1", bytes: Buffer.alloc(32, 7) }]);
  const sealed = { keyId: "k1", sealed: bytes };
  expect(ring.open(sealed, "mcp-server:github").reveal()).toContain("0123456789abcdef");
  expect(() => ring.open(sealed, "mcp-server:gitlab")).toThrow("does not open");
});

// proves: mcp.servers.change
test("an update changes what it names; a server is disabled and enabled", async () => {
  await servers().createMCPServer({ id: "changing", url, toolDenyRegex: "^delete_" });
  const updated = await servers().updateMCPServer({ id: "changing", enabled: false });
  expect(updated.mcpServer).toMatchObject({ url, enabled: false, toolDenyRegex: "^delete_" });
  const emptied = await servers().updateMCPServer({
    id: "changing",
    enabled: true,
    toolDenyRegex: "",
    url: "https://mcp.example/v2/",
  });
  expect(emptied.mcpServer).toMatchObject({
    url: "https://mcp.example/v2/",
    enabled: true,
    toolDenyRegex: "",
  });
  await servers().deleteMCPServer({ id: "changing" });
  for (const call of [
    servers().deleteMCPServer({ id: "changing" }),
    servers().updateMCPServer({ id: "changing", enabled: true }),
    servers().getMCPServer({ id: "changing" }),
  ]) {
    await expect(call).rejects.toMatchObject({ code: Code.NotFound });
  }
});

// proves: mcp.servers.unique
test("an id in use is already_exists, and so is a second server of Coder's", async () => {
  await expect(servers().createMCPServer({ id: "github", url })).rejects.toMatchObject({
    code: Code.AlreadyExists,
    rawMessage: "this id is in use",
  });
  await servers().createMCPServer({ id: "coder", url, auth: CODER });
  await expect(
    servers().createMCPServer({ id: "coder-2", url, auth: CODER }),
  ).rejects.toMatchObject({ code: Code.AlreadyExists, rawMessage: "this auth is in use" });
});

test("pages go by id", async () => {
  const first = await servers().listMCPServers({ pageSize: 1 });
  expect(first.mcpServers).toMatchObject([{ id: "coder" }]);
  const rest = await servers().listMCPServers({ pageToken: first.nextPageToken });
  expect(rest.mcpServers).toMatchObject([{ id: "github" }]);
  expect(rest.nextPageToken).toBe("");
});

// proves: mcp.servers.valid, mcp.servers.patterns
type Request = MessageInitShape<typeof CreateMCPServerRequestSchema>;
const mistakes: readonly (readonly [string, Request])[] = [
  ["no id", { id: "", url }],
  ["an id of capitals", { id: "GitHub", url }],
  ["an id of 33 characters", { id: "a".repeat(33), url }],
  ["no URL", { id: "a" }],
  ["another scheme", { id: "a", url: "file:///etc/passwd" }],
  ["a user in the URL", { id: "a", url: "https://u:p@mcp.example" }],
  ["a query", { id: "a", url: "https://mcp.example/?api_key=a" }],
  ["a fragment", { id: "a", url: "https://mcp.example/#a" }],
  ["a pattern that is none", { id: "a", url, toolAllowRegex: "(" }],
  ["a pattern that looks back", { id: "a", url, toolDenyRegex: "(?<=a)b" }],
  ["a pattern with a back reference", { id: "a", url, toolDenyRegex: "(a)\\1" }],
  ["a pattern that grows", { id: "a", url, toolDenyRegex: "((a{100}){100}){100}" }],
  ["a long pattern", { id: "a", url, toolDenyRegex: "a".repeat(513) }],
  ["a header's name that is none", { id: "a", url, headers: { "a b": "c" } }],
  ["a header of two lines", { id: "a", url, headers: { a: "b\r\nc: d" } }],
  ["an empty header", { id: "a", url, headers: { a: "" } }],
  ["a header twice", { id: "a", url, headers: { "X-A": "1", "x-a": "2" } }],
  ["a header of the transport", { id: "a", url, headers: { "Mcp-Session-Id": "1" } }],
  [
    "a fixed token beside the user's",
    { id: "a", url, auth: OAUTH, headers: { Authorization: "x" } },
  ],
  ["a fixed token beside the key", { id: "a", url, auth: CODER, headers: { authorization: "x" } }],
  ["an OAuth client without OAuth", { id: "a", url, auth: NONE, oauthClientId: "x" }],
  ["scopes without OAuth", { id: "a", url, oauthScopes: ["x"] }],
  ["a secret without a client", { id: "a", url, auth: OAUTH, oauthClientSecret: "x" }],
  ["a scope of two words", { id: "a", url, auth: OAUTH, oauthScopes: ["a b"] }],
];
test.each(mistakes)("%s is an invalid argument", async (_, request) => {
  await expect(servers().createMCPServer(request)).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
});

test("a fixed token is fine where users have none", async () => {
  coderd.secrets.push("fixed-token");
  const headers = { Authorization: "Bearer fixed-token" };
  const { mcpServer } = await servers().createMCPServer({ id: "fixed", url, headers });
  expect(mcpServer?.headerNames).toEqual(["authorization"]);
});
