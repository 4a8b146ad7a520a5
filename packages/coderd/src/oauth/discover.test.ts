import { createServer } from "node:http";
import { bind } from "@aibridge/runtime";
import { afterAll, expect, test } from "@jest/globals";
import { discover } from "./discover.ts";
import { openOutgoing } from "./outgoing.ts";

const opened = new AsyncDisposableStack();
afterAll(() => opened.disposeAsync());

type Pages = Readonly<Record<string, object>>;

/** A server that has these pages as JSON, made of its origin; MCP is at /a/mcp and answers 401. */
async function serve(pagesOf: (origin: string) => Pages, challenge?: (origin: string) => string) {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    const page = pagesOf(origin)[url];
    if (page !== undefined) {
      response.setHeader("content-type", "application/json").end(JSON.stringify(page));
      return;
    }
    const header = url === "/a/mcp" ? challenge?.(origin) : undefined;
    response.writeHead(header === undefined ? 404 : 401, {
      ...(header !== undefined && { "www-authenticate": header }),
    });
    response.end();
  });
  const { port } = await bind(server, { host: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${port}`;
  opened.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { origin, serverUrl: `${origin}/a/mcp`, asked };
}

async function found(serverUrl: string) {
  const { signal } = new AbortController();
  await using outgoing = await openOutgoing({ serverUrl, signal });
  const { authorizationServer, resource, scopes } = await discover(serverUrl, outgoing);
  return { issuer: authorizationServer.issuer, resource, scopes };
}

const metadata = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  code_challenge_methods_supported: ["S256"],
});

// proves: mcp.login.discovery
test("the challenge's metadata and scopes come before all else", async () => {
  const { origin, serverUrl } = await serve(
    (o) => ({
      "/here": {
        resource: `${o}/a/mcp`,
        authorization_servers: [`${o}/t`],
        scopes_supported: ["x"],
      },
      "/.well-known/oauth-authorization-server/t": metadata(`${o}/t`),
    }),
    (o) => `Basic realm="x", Bearer resource_metadata="${o}/here", scope="read write"`,
  );
  expect(await found(serverUrl)).toEqual({
    issuer: `${origin}/t`,
    resource: serverUrl,
    scopes: ["read", "write"],
  });
});

// proves: mcp.login.discovery
test("without a challenge, the well-known URL of the path; OpenID's where RFC 8414's is not", async () => {
  const { origin, serverUrl, asked } = await serve((o) => ({
    "/.well-known/oauth-protected-resource/a/mcp": {
      resource: `${o}/a/mcp`,
      authorization_servers: [`${o}/t`],
      scopes_supported: ["x"],
    },
    "/t/.well-known/openid-configuration": metadata(`${o}/t`),
  }));
  expect(await found(serverUrl)).toEqual({
    issuer: `${origin}/t`,
    resource: serverUrl,
    scopes: ["x"],
  });
  expect(asked).toEqual([
    "/a/mcp",
    "/.well-known/oauth-protected-resource/a/mcp",
    "/.well-known/oauth-authorization-server/t",
    "/t/.well-known/openid-configuration",
  ]);
});

// proves: mcp.login.discovery
test("at the root, metadata may be for all that is below it", async () => {
  const { origin, serverUrl } = await serve((o) => ({
    "/.well-known/oauth-protected-resource": { resource: o, authorization_servers: [o] },
    "/.well-known/oauth-authorization-server": metadata(o),
  }));
  expect(await found(serverUrl)).toEqual({ issuer: origin, resource: origin, scopes: undefined });
});

// proves: mcp.login.discovery
test("a server without metadata of its own is its own authorization server", async () => {
  const { origin, serverUrl } = await serve((o) => ({
    "/.well-known/oauth-authorization-server": metadata(o),
  }));
  expect(await found(serverUrl)).toEqual({
    issuer: origin,
    resource: serverUrl,
    scopes: undefined,
  });
});

test.each([
  ["beside it", (o: string) => `${o}/a/mcp2`],
  ["below it", (o: string) => `${o}/a/mcp/b`],
  ["of another origin", () => "http://127.0.0.1:9/a/mcp"],
])("a resource %s is not the server's", async (_, resourceOf) => {
  const { serverUrl } = await serve((o) => ({
    "/.well-known/oauth-protected-resource/a/mcp": {
      resource: resourceOf(o),
      authorization_servers: [o],
    },
    "/.well-known/oauth-authorization-server": metadata(o),
  }));
  await expect(found(serverUrl)).rejects.toMatchObject({
    code: "oauth_unavailable",
    message: expect.stringContaining('"resource" property does not match'),
  });
});

test("metadata of the wrong types is an answer to be refused, not a crash", async () => {
  const { serverUrl } = await serve((o) => ({
    "/.well-known/oauth-protected-resource/a/mcp": {
      resource: `${o}/a/mcp`,
      authorization_servers: [7],
      scopes_supported: "read",
    },
  }));
  await expect(found(serverUrl)).rejects.toMatchObject({ code: "oauth_unavailable" });
  const other = await serve((o) => ({
    "/.well-known/oauth-authorization-server": { ...metadata(o), token_endpoint: 7 },
  }));
  await expect(found(other.serverUrl)).rejects.toMatchObject({ code: "oauth_unavailable" });
});

test("a page that is nothing is none", async () => {
  const { serverUrl } = await serve(() => ({}));
  await expect(found(serverUrl)).rejects.toMatchObject({
    message: expect.stringMatching(/^the authorization server \S+ has no metadata \(RFC 8414\)$/),
  });
});
