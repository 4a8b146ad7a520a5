import { type FakeMcp, type FakeTool, mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { expect, test } from "@jest/globals";
import { openTestUserTools, serverAt } from "./test-user-tools.ts";

const never = new AbortController().signal;
const protocols = ["sessions", "current"] as const;

/** Resolves when a request would get these tools. Each look wants them, as a request does. */
async function untilNamesAre(
  user: { names(): Promise<string[]> },
  ...wanted: readonly string[]
): Promise<void> {
  const givingUp = AbortSignal.timeout(10_000);
  let names: string[];
  do {
    givingUp.throwIfAborted();
    await new Promise(setImmediate);
    names = await user.names();
  } while (names.join() !== wanted.join());
}

/**
 * Resolves when a request would get this tool, and no other, because the server
 * told of it. It tells again and again, for it can't know who listens already.
 */
async function untilToldOf(
  fake: FakeMcp,
  user: { names(): Promise<string[]> },
  tool: string,
): Promise<void> {
  do {
    await fake.setTools(mcpTools.echoing(tool));
    await new Promise(setImmediate);
  } while ((await user.names()).join() !== `bmcp_fake_${tool}`);
}

// proves: mcp.call
test.each(protocols)(
  "over the protocol of '%s', tools are listed page by page and called with their arguments",
  async (protocol) => {
    const tools = ["a", "b", "c"].map(mcpTools.echoing);
    await using fake = await startFakeMcp({ protocol, tools, pageSize: 2 });
    await using user = openTestUserTools([serverAt(fake.url)]);
    expect(await user.names()).toEqual(["bmcp_fake_a", "bmcp_fake_b", "bmcp_fake_c"]);
    expect(await user.toolbox.call("bmcp_fake_b", { city: "Paris" }, never)).toEqual({
      content: [{ type: "text", text: '{"city":"Paris"}' }],
      isError: false,
      invocationError: undefined,
    });
    expect(fake.calls).toMatchObject([{ tool: "b", args: { city: "Paris" } }]);
  },
);

test("a tool is described as its server does, and by where it is", async () => {
  const inputSchema = { type: "object", properties: { city: { type: "string" } } };
  const tool = { ...mcpTools.echoing("weather"), description: "The weather.", inputSchema };
  await using fake = await startFakeMcp({ tools: [tool] });
  await using user = openTestUserTools([serverAt(fake.url, { id: "meteo" })]);
  expect(await user.toolbox.tools(never)).toEqual([
    {
      name: "bmcp_meteo_weather",
      description: "The weather.",
      inputSchema,
      serverId: "meteo",
      serverUrl: fake.url,
      toolName: "weather",
    },
  ]);
});

// proves: mcp.no-servers
test("a user without servers has no toolbox, from when that is known", async () => {
  await using user = openTestUserTools([]);
  expect(await user.names()).toEqual([]);
  expect(user.userTools.current()).toBe(undefined);
});

// proves: mcp.filter
test("patterns decide which tools of a server are offered", async () => {
  const tools = ["get_a", "get_secret", "set_a"].map(mcpTools.echoing);
  await using fake = await startFakeMcp({ tools });
  const patterns = { toolAllowRegex: "^get_", toolDenyRegex: "secret" };
  await using user = openTestUserTools([serverAt(fake.url, patterns)]);
  expect(await user.names()).toEqual(["bmcp_fake_get_a"]);
  expect(await user.toolbox.call("bmcp_fake_get_secret", {}, never)).toMatchObject({
    isError: true,
    invocationError: "its server is down, or offers it no longer",
  });
  expect(fake.calls).toEqual([]);
});

// proves: mcp.filter.linear
test("a server whose pattern can't be read is left out, and not contacted", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  await using user = openTestUserTools([
    serverAt(fake.url, { id: "bad", toolDenyRegex: "(?=a)" }),
    serverAt(fake.url, { id: "good" }),
  ]);
  expect(await user.names()).toEqual(["bmcp_good_a"]);
  expect(fake.requestsOf("tools/list")).toHaveLength(1);
  expect(user.log).toMatchObject([{ level: "warn", mcp_server: "bad" }]);
});

// proves: mcp.in-background, mcp.first-wait
test("the first request waits for a slow server until its bound, and a later one has its tools", async () => {
  await using quick = await startFakeMcp({ tools: [mcpTools.echoing("q")] });
  await using slow = await startFakeMcp({ tools: [mcpTools.echoing("s")] });
  const release = slow.hold("server/discover");
  await using user = openTestUserTools([
    serverAt(quick.url, { id: "quick" }),
    serverAt(slow.url, { id: "slow" }),
  ]);
  const first = user.names();
  expect(user.deadlinesMs.at(-1)).toBe(2_000);
  await slow.requested("server/discover");
  user.expire();
  expect(await first).not.toContain("bmcp_slow_s");
  release();
  user.hurry();
  await untilNamesAre(user, "bmcp_quick_q", "bmcp_slow_s");
});

// proves: mcp.in-background, mcp.first-wait
test("a caller who leaves stops waiting for tools, and spoils nothing", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  const release = fake.hold("tools/list");
  await using user = openTestUserTools([serverAt(fake.url)]);
  const leaving = new AbortController();
  const waiting = user.toolbox.tools(leaving.signal);
  leaving.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  release();
  expect(await user.names()).toEqual(["bmcp_fake_a"]);
});

// proves: mcp.down.one-warning
test.each([
  { step: "connect", rpcMethod: "server/discover", deadlines: [2_000, 5_000] },
  { step: "list", rpcMethod: "tools/list", deadlines: [2_000, 5_000, 5_000] },
])(
  "a server that is silent when asked to $step costs one warning",
  async ({ rpcMethod, deadlines }) => {
    await using silent = await startFakeMcp();
    const release = silent.hold(rpcMethod);
    await using user = openTestUserTools([serverAt(silent.url, { id: "silent" })]);
    const first = user.names();
    await silent.requested(rpcMethod);
    expect(user.deadlinesMs).toEqual(deadlines);
    user.expire();
    expect(await first).toEqual([]);
    while (user.log.length === 0) await new Promise(setImmediate);
    expect(user.log).toEqual([
      {
        level: "warn",
        event: "mcp server is down",
        user_id: "0197b2a6-0000-7000-8000-000000000001",
        mcp_server: "silent",
        why: "no answer within 5000 ms",
      },
    ]);
    release();
  },
);

// proves: mcp.down.one-warning
test("a server that is down takes no tools from others", async () => {
  await using good = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  await using user = openTestUserTools([
    serverAt("http://127.0.0.1:1/mcp", { id: "down" }),
    serverAt(good.url, { id: "good" }),
    serverAt("no URL", { id: "odd" }),
  ]);
  expect(await user.names()).toEqual(["bmcp_good_a"]);
  expect(user.log.map(({ level, mcp_server }) => [level, mcp_server]).sort()).toEqual([
    ["warn", "down"],
    ["warn", "odd"],
  ]);
});

// proves: mcp.reconnect, mcp.down.one-warning, mcp.call.failed
test("a server that dies under a call fails it, loses its tools, and gets them back with it", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.hanging("wait")] });
  await using user = openTestUserTools([serverAt(fake.url)]);
  expect(await user.names()).toEqual(["bmcp_fake_wait"]);
  const calling = user.toolbox.call("bmcp_fake_wait", {}, never);
  await fake.called("wait");
  user.hurry();
  await fake.die();
  expect(await calling).toMatchObject({ isError: true, invocationError: expect.any(String) });
  await untilNamesAre(user);
  expect(await user.toolbox.call("bmcp_fake_wait", {}, never)).toMatchObject({ isError: true });
  await fake.live();
  await untilNamesAre(user, "bmcp_fake_wait");
  expect(user.log.map(({ level, event }) => `${level} ${event}`)).toEqual([
    "warn mcp server is down",
    "info mcp server is back",
  ]);
});

// proves: mcp.reconnect
test("a server that is down is left alone until its pause is over", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  fake.answer("server/discover", 503);
  await using user = openTestUserTools([serverAt(fake.url)]);
  expect(await user.names()).toEqual([]);
  expect(await user.names()).toEqual([]);
  expect(fake.requests).toHaveLength(1);
  fake.behave();
  user.hurry();
  await untilNamesAre(user, "bmcp_fake_a");
});

// proves: mcp.session-ended
test("a session that the server forgot is replaced, and both calls that found out are made", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  await using user = openTestUserTools([serverAt(fake.url)]);
  await user.names();
  await fake.endSessions();
  const outcomes = await Promise.all([
    user.toolbox.call("bmcp_fake_a", { n: 1 }, never),
    user.toolbox.call("bmcp_fake_a", { n: 2 }, never),
  ]);
  expect(outcomes).toMatchObject([
    { content: [{ text: '{"n":1}' }], invocationError: undefined },
    { content: [{ text: '{"n":2}' }], invocationError: undefined },
  ]);
  expect(fake.calls).toHaveLength(2);
  expect(fake.requestsOf("initialize")).toHaveLength(2);
  expect(await user.names()).toEqual(["bmcp_fake_a"]);
  expect(user.log).toEqual([]);
  user.hurry();
  await untilToldOf(fake, user, "b");
});

// proves: mcp.list-changed
test.each(protocols)("over the protocol of '%s', changed tools are offered", async (protocol) => {
  await using fake = await startFakeMcp({ protocol, tools: [mcpTools.echoing("a")] });
  await using user = openTestUserTools([serverAt(fake.url)]);
  expect(await user.names()).toEqual(["bmcp_fake_a"]);
  user.hurry();
  await untilToldOf(fake, user, "b");
  await untilToldOf(fake, user, "c");
});

// proves: mcp.list-changed, mcp.reconnect
test.each(protocols)(
  "over the protocol of '%s', changes are noticed after the server was gone for a moment, too",
  async (protocol) => {
    await using fake = await startFakeMcp({ protocol, tools: [mcpTools.echoing("a")] });
    await using user = openTestUserTools([serverAt(fake.url)]);
    await user.names();
    user.hurry();
    await fake.die();
    await fake.live();
    await untilToldOf(fake, user, "b");
    await untilToldOf(fake, user, "c");
  },
);

// proves: mcp.invalid-tool
test("tools that can't be offered are left out, and logged each", async () => {
  const bad: FakeTool[] = [
    { ...mcpTools.echoing("no-object"), inputSchema: { type: "string" } },
    { ...mcpTools.echoing("too-long"), description: "x".repeat(40_000) },
    mcpTools.echoing("x".repeat(300)),
    mcpTools.echoing("twice"),
    mcpTools.echoing("twice"),
  ];
  await using fake = await startFakeMcp({ tools: [...bad, mcpTools.echoing("good")] });
  await using user = openTestUserTools([serverAt(fake.url)]);
  expect(await user.names()).toEqual(["bmcp_fake_good", "bmcp_fake_twice"]);
  expect(user.log.map(({ event, tool, why }) => ({ event, tool, why }))).toEqual([
    {
      event: "mcp tool left out",
      tool: "no-object",
      why: "its input schema is not that of an object",
    },
    {
      event: "mcp tool left out",
      tool: "too-long",
      why: "description and input schema are longer than 32768 characters",
    },
    {
      event: "mcp tool left out",
      tool: "x".repeat(64),
      why: "its name is no text of 1 to 256 characters",
    },
    { event: "mcp tool left out", tool: "twice", why: "its name came before" },
  ]);
});

// proves: mcp.many-tools
test("a server gives 128 tools and a toolbox holds 512", async () => {
  const tools = Array.from({ length: 200 }, (_, at) => mcpTools.echoing(`t${at}`));
  await using fake = await startFakeMcp({ tools, pageSize: 90 });
  const ids = ["a", "b", "c", "d", "e"];
  await using user = openTestUserTools(ids.map((id) => serverAt(fake.url, { id })));
  const offered = await user.toolbox.tools(never);
  expect(offered).toHaveLength(512);
  expect(offered.filter(({ serverId }) => serverId === "a")).toHaveLength(128);
  expect(fake.requestsOf("tools/list")).toHaveLength(10);
  expect(user.log.filter(({ level }) => level === "warn")).toMatchObject([
    { event: "too many mcp tools", left_out: 128 },
  ]);
  expect(user.log.filter(({ level }) => level === "info")).toHaveLength(5);
  expect(user.log).toContainEqual(
    expect.objectContaining({ mcp_server: "a", why: "a server gives 128 tools at most" }),
  );
});

// proves: mcp.coderd-down
test("a user whose servers are not known gets their tools once coderd answers", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.echoing("a")] });
  await using user = openTestUserTools([serverAt(fake.url)], {
    prepare: (configurator) => {
      configurator.failure = new Error("coderd does not answer");
    },
  });
  expect(await user.names()).toEqual([]);
  user.configurator.failure = undefined;
  expect(await user.names()).toEqual([]);
  user.hurry();
  await untilNamesAre(user, "bmcp_fake_a");
  expect(user.log).toMatchObject([
    { level: "warn", event: "mcp servers are not known", why: "coderd does not answer" },
  ]);
});
