import { Secret } from "@aibridge/secret";
import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { expect, test } from "@jest/globals";
import { openTestUserTools, serverAt, testSessionKey } from "./test-user-tools.ts";

const never = new AbortController().signal;
const protocols = ["sessions", "current"] as const;

// proves: mcp.session-key.direct
test.each(protocols)(
  "over the protocol of '%s', every request to Coder's own server bears the full session key",
  async (protocol) => {
    await using fake = await startFakeMcp({ protocol, tools: [mcpTools.echoing("a")] });
    await using user = openTestUserTools([serverAt(fake.url, { id: "c", auth: "session-key" })]);
    await user.names();
    await user.toolbox.call("bmcp_c_a", {}, never);
    await user.userTools.close();
    expect(fake.calls).toHaveLength(1);
    expect(fake.bearers).toEqual(["keyidkeyid-s3cretS3cretS3cretS3cr"]);
  },
);

// proves: mcp.session-key.delegated
test("for a delegated caller Coder's own server is never contacted, and external ones work", async () => {
  await using coders = await startFakeMcp({ tools: [mcpTools.echoing("c")] });
  await using external = await startFakeMcp({ tools: [mcpTools.echoing("e")] });
  await using user = openTestUserTools(
    [
      serverAt(coders.url, { id: "coder", auth: "session-key" }),
      serverAt(external.url, { id: "external", auth: "access-token" }),
    ],
    {
      delegated: true,
      prepare: (configurator) => {
        configurator.accessTokens = { external: "external-token" };
      },
    },
  );
  expect(await user.names()).toEqual(["bmcp_external_e"]);
  expect(await user.toolbox.call("bmcp_external_e", {}, never)).toMatchObject({ isError: false });
  expect(coders.requests).toEqual([]);
  expect(external.bearers).toEqual(["external-token"]);
  expect(user.log).toMatchObject([
    { level: "debug", event: "mcp server skipped: no session key", mcp_server: "coder" },
  ]);
});

// proves: mcp.session-key.delegated, mcp.no-servers
test("a delegated caller whose only server is Coder's own has no toolbox", async () => {
  await using coders = await startFakeMcp();
  const servers = [serverAt(coders.url, { auth: "session-key" })];
  await using user = openTestUserTools(servers, { delegated: true });
  await user.names();
  expect(user.userTools.current()).toBe(undefined);
  expect(coders.requests).toEqual([]);
});

// proves: mcp.access-token
test("external servers get each their own token, asked for in one batch, or none", async () => {
  await using a = await startFakeMcp({ tools: [mcpTools.echoing("t")] });
  await using b = await startFakeMcp({ tools: [mcpTools.echoing("t")] });
  await using open = await startFakeMcp({ tools: [mcpTools.echoing("t")] });
  await using user = openTestUserTools(
    [
      serverAt(a.url, { id: "a", auth: "access-token" }),
      serverAt(b.url, { id: "b", auth: "access-token" }),
      serverAt(open.url, { id: "open" }),
    ],
    {
      prepare: (configurator) => {
        configurator.accessTokens = { a: "token-of-a", b: "token-of-b" };
      },
    },
  );
  expect(await user.names()).toEqual(["bmcp_a_t", "bmcp_b_t", "bmcp_open_t"]);
  expect(user.configurator.tokensAsked).toEqual([["a", "b"]]);
  expect([a.bearers, b.bearers, open.bearers]).toEqual([
    ["token-of-a"],
    ["token-of-b"],
    [undefined],
  ]);
});

// proves: mcp.access-token
test("a server that the user has not logged in to is not contacted, and takes nothing from others", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.echoing("t")] });
  await using user = openTestUserTools(
    [
      serverAt(fake.url, { id: "a", auth: "access-token" }),
      serverAt(fake.url, { id: "b", auth: "access-token" }),
    ],
    {
      prepare: (configurator) => {
        configurator.accessTokens = { a: "token-of-a" };
        configurator.errors = { b: "not logged in" };
      },
    },
  );
  expect(await user.names()).toEqual(["bmcp_a_t"]);
  expect(fake.bearers).toEqual(["token-of-a"]);
  expect(user.log).toMatchObject([
    {
      level: "info",
      event: "mcp server needs a login",
      mcp_server: "b",
      why: "no access token: not logged in",
    },
  ]);
});

// proves: mcp.access-token.renewed
test.each(protocols)(
  "over the protocol of '%s', a token that is refused under calls is renewed once for all of them",
  async (protocol) => {
    const tools = [mcpTools.echoing("a")];
    await using fake = await startFakeMcp({ protocol, tools, accepts: ["old"] });
    await using user = openTestUserTools([serverAt(fake.url, { auth: "access-token" })], {
      prepare: (configurator) => {
        configurator.accessTokens = { fake: "old" };
      },
    });
    await user.names();
    fake.accepts = ["new"];
    user.configurator.accessTokens = { fake: "new" };
    const call = () => user.toolbox.call("bmcp_fake_a", {}, never);
    const outcomes = await Promise.all([call(), call(), call()]);
    expect(outcomes.map(({ invocationError }) => invocationError)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(fake.calls).toHaveLength(3);
    expect(user.configurator.tokensAsked).toEqual([["fake"], ["fake"]]);
  },
);

// proves: mcp.access-token.renewed, mcp.down.one-warning
test("a server that refuses the renewed token, too, is down: nobody asks for a third", async () => {
  await using fake = await startFakeMcp({ accepts: ["another"] });
  await using user = openTestUserTools([serverAt(fake.url, { auth: "access-token" })], {
    prepare: (configurator) => {
      configurator.accessTokens = { fake: "refused" };
    },
  });
  expect(await user.names()).toEqual([]);
  expect(user.configurator.tokensAsked).toEqual([["fake"], ["fake"]]);
  expect(user.log).toMatchObject([
    { level: "warn", event: "mcp server is down", why: "HTTP status 401" },
  ]);
});

// proves: mcp.headers
test.each(protocols)(
  "over the protocol of '%s', configured headers go with every request",
  async (protocol) => {
    await using fake = await startFakeMcp({ protocol, tools: [mcpTools.echoing("a")] });
    const headers = new Map([["X-Tenant", new Secret("tenant-17")]]);
    await using user = openTestUserTools([serverAt(fake.url, { headers })]);
    await user.names();
    await user.toolbox.call("bmcp_fake_a", {}, never);
    await user.userTools.close();
    const values = new Set(fake.requests.map((request) => request.headers["x-tenant"]));
    expect([...values]).toEqual(["tenant-17"]);
  },
);

// proves: mcp.redirects
test.each([302, 307, 308])("a redirect with status %i is refused", async (status) => {
  await using elsewhere = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  await using fake = await startFakeMcp();
  fake.answer("server/discover", status, { location: elsewhere.url });
  fake.answer("initialize", status, { location: elsewhere.url });
  await using user = openTestUserTools([serverAt(fake.url, { auth: "session-key" })]);
  expect(await user.names()).toEqual([]);
  expect(elsewhere.requests).toEqual([]);
  expect(user.log).toMatchObject([{ level: "warn", event: "mcp server is down" }]);
});

// proves: mcp.no-leak
test("no token and no header's value is logged or told, though the server repeats them", async () => {
  const secrets = [testSessionKey, "value-of-a-header"];
  const tool = {
    name: "repeat",
    run: () => {
      throw new Error(`I got ${secrets.join(" and ")}`);
    },
  };
  await using fake = await startFakeMcp({ tools: [tool] });
  const headers = new Map([["x-secret", new Secret("value-of-a-header")]]);
  await using user = openTestUserTools([
    serverAt(fake.url, { auth: "session-key", headers }),
    serverAt("http://127.0.0.1:1/mcp", { id: "gone", auth: "session-key", headers }),
    serverAt(fake.url, { id: "odd", headers: new Map([["x", new Secret("line\r\nbreak")]]) }),
  ]);
  await user.names();
  const outcome = await user.toolbox.call("bmcp_fake_repeat", {}, never);
  expect(outcome.invocationError).toBe("I got [secret] and [secret]");
  expect(user.log).toHaveLength(2);
  const said = JSON.stringify([outcome, user.log]);
  for (const secret of [...secrets, "break"]) expect(said).not.toContain(secret);
});
