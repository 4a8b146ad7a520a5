import { once } from "node:events";
import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { expect, test } from "@jest/globals";
import { openTestUserTools, serverAt } from "./test-user-tools.ts";

const never = new AbortController().signal;
const protocols = ["sessions", "current"] as const;

async function abortedAt(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort", { signal: AbortSignal.timeout(10_000) });
}

// proves: mcp.outcome.kinds
test("what a tool answers reaches the caller, and so does that it did not work out", async () => {
  const tools = [mcpTools.picturesque("picture"), mcpTools.failing("fail", "no such city")];
  await using fake = await startFakeMcp({ tools });
  await using user = openTestUserTools([serverAt(fake.url)]);
  await user.names();
  expect(await user.toolbox.call("bmcp_fake_picture", {}, never)).toEqual({
    content: [
      { type: "image", data: expect.stringMatching(/^iVBORw0KGgo/), mimeType: "image/png" },
      {
        type: "resource",
        uri: "file:///a.txt",
        mimeType: "text/plain",
        text: "a",
        blob: undefined,
      },
    ],
    isError: false,
    invocationError: undefined,
  });
  expect(await user.toolbox.call("bmcp_fake_fail", {}, never)).toEqual({
    content: [{ type: "text", text: "no such city" }],
    isError: true,
    invocationError: undefined,
  });
});

// proves: mcp.outcome.bounded
test("5 MB of text are cut to the bound, and more than any answer may have is a failure", async () => {
  const tools = [mcpTools.large("large", 5_000_000), mcpTools.large("huge", 17_000_000)];
  await using fake = await startFakeMcp({ tools });
  await using user = openTestUserTools([serverAt(fake.url)]);
  await user.names();
  const large = await user.toolbox.call("bmcp_fake_large", {}, never);
  expect(large.invocationError).toBe(undefined);
  const [block, ...others] = large.content;
  const text = block?.type === "text" ? block.text : "";
  expect(others).toEqual([]);
  expect(text.slice(0, 1_048_576)).toBe("x".repeat(1_048_576));
  expect(text.slice(1_048_576)).toBe("\n[cut here: 1048576 of 5000000 bytes are shown]");
  expect(await user.toolbox.call("bmcp_fake_huge", {}, never)).toMatchObject({ isError: true });
});

// proves: mcp.call.failed, mcp.call.cancelled
test.each(protocols)(
  "over the protocol of '%s', a call past its deadline fails and is cancelled at the server",
  async (protocol) => {
    await using fake = await startFakeMcp({ protocol, tools: [mcpTools.hanging("hang")] });
    await using user = openTestUserTools([serverAt(fake.url)]);
    await user.names();
    const calling = user.toolbox.call("bmcp_fake_hang", {}, never);
    const call = await fake.called("hang");
    user.expire();
    expect(await calling).toEqual({
      content: [{ type: "text", text: "The tool call failed: no answer within 60000 ms." }],
      isError: true,
      invocationError: "no answer within 60000 ms",
    });
    await abortedAt(call.signal);
  },
);

// proves: mcp.call.cancelled
test.each(protocols)(
  "over the protocol of '%s', a caller who leaves cancels the call at the server",
  async (protocol) => {
    const tools = [mcpTools.hanging("hang"), mcpTools.echoing("a")];
    await using fake = await startFakeMcp({ protocol, tools });
    await using user = openTestUserTools([serverAt(fake.url)]);
    await user.names();
    const leaving = new AbortController();
    const calling = user.toolbox.call("bmcp_fake_hang", {}, leaving.signal);
    const call = await fake.called("hang");
    leaving.abort();
    expect(await calling).toMatchObject({ isError: true, invocationError: "it was cancelled" });
    await abortedAt(call.signal);
    const others = await user.toolbox.call("bmcp_fake_a", {}, never);
    expect(others.invocationError).toBe(undefined);
  },
);

// proves: mcp.call.failed
test.each(protocols)(
  "over the protocol of '%s', a call whose connection is cut fails then, and the server keeps its tools",
  async (protocol) => {
    const tools = [mcpTools.echoing("a"), mcpTools.hanging("hang")];
    await using fake = await startFakeMcp({ protocol, tools });
    await using user = openTestUserTools([serverAt(fake.url)]);
    await user.names();
    const calling = user.toolbox.call("bmcp_fake_hang", {}, never);
    await fake.called("hang");
    fake.cut("tools/call");
    expect(await calling).toMatchObject({ isError: true, invocationError: expect.any(String) });
    const next = await user.toolbox.call("bmcp_fake_a", {}, never);
    expect(next.invocationError).toBe(undefined);
    expect(await user.names()).toEqual(["bmcp_fake_a", "bmcp_fake_hang"]);
    expect(user.log).toEqual([]);
  },
);

// proves: mcp.call.failed
test("what the server refuses, or has no words for, becomes an outcome", async () => {
  const refusing = {
    name: "refuse",
    run: () => {
      throw new Error("arguments are not what I want");
    },
  };
  await using fake = await startFakeMcp({ tools: [refusing, mcpTools.echoing("a")] });
  await using user = openTestUserTools([serverAt(fake.url)]);
  await user.names();
  expect(await user.toolbox.call("bmcp_fake_refuse", {}, never)).toMatchObject({
    isError: true,
    invocationError: "arguments are not what I want",
  });
  const circular: { itself?: unknown } = {};
  circular.itself = circular;
  expect(await user.toolbox.call("bmcp_fake_a", circular, never)).toMatchObject({
    isError: true,
    invocationError: expect.stringContaining("circular"),
  });
  fake.answer("tools/call", 500);
  expect(await user.toolbox.call("bmcp_fake_a", {}, never)).toMatchObject({
    isError: true,
    invocationError: "HTTP status 500",
  });
});

// proves: mcp.call.failed
test("closing ends calls that run, and those to come fail", async () => {
  await using fake = await startFakeMcp({ tools: [mcpTools.hanging("hang")] });
  await using user = openTestUserTools([serverAt(fake.url)]);
  await user.names();
  const { toolbox } = user;
  const calling = toolbox.call("bmcp_fake_hang", {}, never);
  await fake.called("hang");
  await user.userTools.close();
  expect(await calling).toMatchObject({ isError: true });
  expect(await toolbox.call("bmcp_fake_hang", {}, never)).toMatchObject({ isError: true });
  expect(fake.requests.filter(({ httpMethod }) => httpMethod === "DELETE")).toHaveLength(1);
});
