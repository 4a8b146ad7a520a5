import { randomBytes, randomUUID } from "node:crypto";
import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { McpLoginAttempt, NewMcpLogin } from "./mcp-logins.ts";
import type { McpOAuthClient } from "./mcp-schema.ts";
import type { NewMcpServer } from "./mcp-servers.ts";
import { openEmbeddedStore } from "./open-embedded.ts";
import { openPostgresStore } from "./open-postgres.ts";
import type { Store } from "./store.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const createTime = new Date("2030-01-01T00:00:00.123Z");
const later = new Date("2030-01-01T00:01:00.456Z");
const latest = new Date("2030-01-01T00:02:00.789Z");

// proves: mcp.store.same
describe("MCP servers and logins on the embedded database", () => {
  contract(() => openEmbeddedStore());
});

describeWithDatabase("MCP servers and logins on PostgreSQL", (url) => {
  contract(() => openPostgresStore(new Secret(url())));
});

/** What every store promises, whatever database is below it. */
function contract(open: () => Promise<Store>): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
  });

  const url = "https://mcp.example/mcp";
  const client: McpOAuthClient = {
    issuer: "https://login.example",
    tokenEndpoint: "https://login.example/token",
    revocationEndpoint: null,
    sendsIssuer: true,
    idTokenAlgorithms: ["ES256"],
    clientId: 'a "quoted" id',
    clientAuth: "none",
    resource: url,
    reach: "public",
  };
  let lastNumber = 0;
  const newServer = (fields: Partial<NewMcpServer> = {}): NewMcpServer => {
    lastNumber += 1;
    return {
      id: `server-${lastNumber}`,
      url,
      auth: "oauth",
      enabled: true,
      toolAllowRegex: "^a",
      toolDenyRegex: "",
      headerNames: ["x-a", "x-b"],
      oauthClientId: "",
      oauthScopes: ['a,"b', "{c}"],
      secretsKeyId: "k1",
      secretsSealed: Uint8Array.of(0, 1, 255),
      createTime,
      ...fields,
    };
  };
  const createServer = () => store.mcpServers.create(newServer());
  const createUser = async () => {
    const id = randomUUID();
    const user = { id, username: `u-${id.slice(0, 8)}`, role: "member", system: false } as const;
    await store.users.create({ ...user, createTime });
    return id;
  };
  const newLogin = (userId: string, serverId: string): NewMcpLogin => ({
    id: randomUUID(),
    userId,
    serverId,
    client,
    scopes: ["read"],
    tokensKeyId: "k1",
    tokensSealed: Uint8Array.of(1, 2, 3),
    expireTime: later,
    createTime,
  });
  const newAttempt = (fields: Pick<McpLoginAttempt, "userId" | "serverId">): McpLoginAttempt => ({
    stateHash: randomBytes(32),
    serverUrl: url,
    redirectUri: "http://127.0.0.1:1/",
    client,
    scopes: ["read"],
    secretsKeyId: "k1",
    secretsSealed: Uint8Array.of(4, 5, 6),
    createTime,
    ...fields,
  });
  /** A login as a test starts from it. */
  const saved = async () => {
    const userId = await createUser();
    const serverId = (await createServer()).id;
    const login = newLogin(userId, serverId);
    await store.mcpLogins.save(login, url);
    return login;
  };

  test("a server keeps what it was created with, its sealed bytes and lists among it", async () => {
    const server = newServer();
    await store.mcpServers.create(server);
    const found = await store.mcpServers.get(server.id);
    expect({ ...found, secretsSealed: undefined }).toEqual({
      ...server,
      secretsSealed: undefined,
      updateTime: createTime,
    });
    expect(Buffer.from(found?.secretsSealed ?? []).toString("hex")).toBe("0001ff");
    expect(await store.mcpServers.get("nothing")).toBeUndefined();
    await expect(store.mcpServers.create(server)).rejects.toMatchObject({
      code: "23505",
      constraint: "mcp_servers_pkey",
    });
  });

  // proves: mcp.servers.unique
  test("of Coder's own servers there is one, however many are created at once", async () => {
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(() => store.mcpServers.create(newServer({ auth: "coder" }))),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([
      { reason: { constraint: "mcp_servers_coder_key" } },
      { reason: { constraint: "mcp_servers_coder_key" } },
    ]);
  });

  test("servers are listed in the order of their ids; gateways see the enabled ones", async () => {
    for (const id of ["zz-b", "zz-a", "zz-a-1", "zz-10"]) {
      await store.mcpServers.create(newServer({ id }));
    }
    const page = await store.mcpServers.list({ size: 3, after: "zz" });
    expect(page.items.map(({ id }) => id)).toEqual(["zz-10", "zz-a", "zz-a-1"]);
    const rest = await store.mcpServers.list({ size: 3, after: page.next });
    expect(rest.items.map(({ id }) => id)).toEqual(["zz-b"]);
    expect(rest.next).toBeUndefined();
    await store.mcpServers.update("zz-a", { enabled: false }, later);
    const ids = (await store.mcpServers.listEnabled()).map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith("zz"))).toEqual(["zz-10", "zz-a-1", "zz-b"]);
  });

  test("a login is kept as it was saved, one of a user at a server", async () => {
    const login = await saved();
    const { userId, serverId } = login;
    const found = await store.mcpLogins.get(userId, serverId);
    expect({ ...found, tokensSealed: undefined }).toEqual({
      ...login,
      tokensSealed: undefined,
      refreshUntil: null,
    });
    const again = { ...newLogin(userId, serverId), expireTime: null };
    await store.mcpLogins.save(again, url);
    expect(await store.mcpLogins.get(userId, serverId)).toMatchObject({
      id: again.id,
      expireTime: null,
    });
    expect(await store.mcpLogins.serverIdsOf(userId)).toEqual([serverId]);
    await store.mcpLogins.end(login.id);
    expect(await store.mcpLogins.serverIdsOf(userId)).toEqual([serverId]);
    await store.mcpLogins.end(again.id);
    expect(await store.mcpLogins.serverIdsOf(userId)).toEqual([]);
  });

  test("logins are listed of active users only", async () => {
    const { userId, serverId } = await saved();
    const listed = async () =>
      (await store.mcpLogins.listOf(userId)).map((login) => login.serverId);
    expect(await listed()).toEqual([serverId]);
    await store.users.suspend(userId, later);
    expect(await listed()).toEqual([]);
    await store.users.activate(userId);
    expect(await listed()).toEqual([serverId]);
    await store.users.delete(userId, later);
    expect(await listed()).toEqual([]);
  });

  // proves: mcp.servers.moved
  test("a server at another origin, and a deleted one, has no logins left", async () => {
    const { userId, serverId } = await saved();
    const attempt = newAttempt({ userId, serverId });
    await store.mcpLogins.start(attempt, createTime);
    const samePlace = "https://mcp.example/other";
    await store.mcpServers.update(serverId, { url: samePlace }, later);
    expect(await store.mcpLogins.serverIdsOf(userId)).toEqual([serverId]);
    // Begun for the old URL, it is not kept for the new one.
    await expect(store.mcpLogins.save(newLogin(userId, serverId), url)).rejects.toMatchObject({
      code: "not_found",
    });
    await store.mcpServers.update(serverId, { url: "https://evil.example/other" }, later);
    expect(await store.mcpLogins.serverIdsOf(userId)).toEqual([]);
    expect(await store.mcpLogins.take(attempt.stateHash, userId, createTime)).toBeUndefined();
    await store.mcpLogins.save(newLogin(userId, serverId), "https://evil.example/other");
    await store.mcpServers.delete(serverId);
    expect(await store.mcpLogins.serverIdsOf(userId)).toEqual([]);
    const gone = { code: "not_found" };
    await expect(store.mcpServers.delete(serverId)).rejects.toMatchObject(gone);
    await expect(store.mcpServers.update(serverId, {}, later)).rejects.toMatchObject(gone);
  });

  test("a login that began is taken once, by its user, in time", async () => {
    const userId = await createUser();
    const { id: serverId } = await createServer();
    const attempt = newAttempt({ userId, serverId });
    await store.mcpLogins.start(attempt, createTime);
    const { stateHash } = attempt;
    expect(await store.mcpLogins.take(stateHash, randomUUID(), createTime)).toBeUndefined();
    expect(await store.mcpLogins.take(stateHash, userId, later)).toBeUndefined();
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => store.mcpLogins.take(stateHash, userId, createTime)),
    );
    const taken = outcomes.filter((outcome) => outcome !== undefined);
    expect(taken).toMatchObject([{ userId, serverId, client, redirectUri: "http://127.0.0.1:1/" }]);
  });

  test("of logins that began, the old are forgotten, and all but a user's newest 20", async () => {
    const userId = await createUser();
    const { id: serverId } = await createServer();
    const attempts = Array.from({ length: 22 }, (_, n) => ({
      ...newAttempt({ userId, serverId }),
      createTime: new Date(createTime.getTime() + n),
    }));
    for (const attempt of attempts) await store.mcpLogins.start(attempt, createTime);
    const take = async (attempt: McpLoginAttempt | undefined) =>
      await store.mcpLogins.take(attempt?.stateHash ?? new Uint8Array(), userId, createTime);
    expect(await take(attempts[0])).toBeUndefined();
    expect(await take(attempts[1])).toBeUndefined();
    expect(await take(attempts[2])).toBeDefined();
    // Somebody else's start, much later.
    const other = await createUser();
    const late = { ...newAttempt({ userId: other, serverId }), createTime: latest };
    await store.mcpLogins.start(late, later);
    expect(await take(attempts[21])).toBeUndefined();
  });

  test("a lease on a refresh token has one holder, until it ends or runs out", async () => {
    const { id, userId, serverId } = await saved();
    const untils = [1, 2, 3].map((n) => new Date(later.getTime() + n));
    const leases = await Promise.all(
      untils.map((until) => store.mcpLogins.lease(id, createTime, until)),
    );
    const held = leases.filter((lease) => lease !== undefined);
    expect(held).toMatchObject([{ id, userId, serverId }]);
    const until = held[0]?.refreshUntil ?? createTime;
    // Run out, it is another's, and the first holder's tokens come too late.
    expect(await store.mcpLogins.lease(id, until, latest)).toBeDefined();
    const tokens = {
      tokensKeyId: "k2",
      tokensSealed: Uint8Array.of(9),
      expireTime: latest,
      scopes: ["write"],
    };
    expect(await store.mcpLogins.release(id, until, tokens)).toBe(false);
    expect(await store.mcpLogins.release(id, latest, tokens)).toBe(true);
    expect(await store.mcpLogins.get(userId, serverId)).toMatchObject({
      tokensKeyId: "k2",
      expireTime: latest,
      scopes: ["write"],
      refreshUntil: null,
    });
    await store.mcpLogins.lease(id, createTime, later);
    await store.mcpLogins.end(id);
    expect(await store.mcpLogins.release(id, later, tokens)).toBe(false);
    expect(await store.mcpLogins.lease(id, createTime, later)).toBeUndefined();
  });
}
