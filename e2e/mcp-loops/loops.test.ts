import { fileURLToPath } from "node:url";
import { MCPServerAuth } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import {
  type Answer,
  chatCompletions,
  messages,
  type Route,
  responses,
} from "@aibridge/testing/fake-upstream";
import { StartedProcess } from "@aibridge/testing/harness";
import { beforeAll, expect, jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { share } from "../share.ts";
import { createUser, shareWorld } from "../world.ts";
import { anthropic, asks } from "./clients.ts";

jest.setTimeout(60_000);

const roundsMax = 3;
const world = shareWorld({
  env: {
    // Short enough to wait for, long enough for a busy machine to answer in.
    AIBRIDGE_MCP_CALL_TIMEOUT: "3s",
    AIBRIDGE_MCP_FIRST_WAIT: "25s",
    AIBRIDGE_MCP_CONNECT_TIMEOUT: "25s",
    AIBRIDGE_MCP_LIST_TIMEOUT: "25s",
    AIBRIDGE_TOOL_ROUNDS_MAX: String(roundsMax),
  },
});

/** An MCP server by the official SDK, a process of its own, that coderd knows as `id`. */
async function startServer(id: string): Promise<StartedProcess> {
  const script = fileURLToPath(new URL("server-process.ts", import.meta.url));
  const server = new StartedProcess({ command: process.execPath, args: [script], env: {} });
  const { url } = await server.ready();
  await world().pair.owner.mcpServers.createMCPServer({
    id,
    url: String(url),
    auth: MCPServerAuth.MCP_SERVER_AUTH_NONE,
  });
  return server;
}
share(() => startServer("srv"));

/** A user of its own has a handler, and connections, of its own. */
let key = "";
beforeAll(async () => {
  key = (await createUser(world().pair)).key;
});

const call = (tool: string, id = "toolu_01") => ({
  id,
  name: `bmcp_srv_${tool}`,
  input: { city: "Paris" },
});
type Call = ReturnType<typeof call>;

/** What a provider answers in each way of asking: a call of a tool, or a text. */
const provider: Readonly<
  Record<keyof typeof asks, { route: Route; text: () => Answer; call: (call: Call) => Answer }>
> = {
  "messages, blocking": { route: "messages", text: messages.text, call: messages.toolCall },
  "messages, streaming": {
    route: "messages",
    text: messages.textStream,
    call: messages.toolCallStream,
  },
  "chat-completions, blocking": {
    route: "chat-completions",
    text: chatCompletions.text,
    call: chatCompletions.toolCall,
  },
  "chat-completions, streaming": {
    route: "chat-completions",
    text: () => chatCompletions.textStream(undefined, { includeUsage: true }),
    call: (made) => chatCompletions.toolCallStream(made, { includeUsage: true }),
  },
  "responses, blocking": { route: "responses", text: responses.text, call: responses.toolCall },
  "responses, streaming": {
    route: "responses",
    text: responses.textStream,
    call: responses.toolCallStream,
  },
};

/** What the model is told in the round after the call, in any format. */
const told: Readonly<Record<string, (body: string) => void>> = {
  echo: (body) => expect(body.split("Paris").length).toBeGreaterThan(2),
  fail: (body) => expect(body).toContain("no such city"),
  hang: (body) => expect(body).toContain("The tool call failed: no answer within 3000 ms."),
  large: (body) => {
    expect(body.length).toBeGreaterThan(900_000);
    expect(body.length).toBeLessThan(2_000_000);
  },
  // Chat completions have no place for an image in a tool's result.
  picture: (body) => expect(body).toMatch(/"iVBORw0KGgo|;base64,iVBORw0KGgo|\[image\/png data/),
};

const text = "Hello from the upstream.";

for (const way of Object.keys(asks) as (keyof typeof asks)[]) {
  const { route, text: textAnswer, call: callAnswer } = provider[way];
  const ask = (apiKey = key) => asks[way](world().pair.gatewayUrl, apiKey);

  proves("mcp.loops", `${way}: an answer without a call is as the provider gave it`, async () => {
    const { upstream } = world();
    upstream.answer(route, textAnswer());
    expect(await ask()).toMatchObject({ text, toolNames: [] });
    expect(upstream.requests.length).toBe(1);
    expect(upstream.requests[0]?.body.toString()).toContain("bmcp_srv_echo");
  });

  for (const [tool, check] of Object.entries(told)) {
    proves("mcp.loops", `${way}: the tool ${tool} is called, and the answer is one`, async () => {
      const { upstream } = world();
      upstream.answer(route, textAnswer());
      const plain = await ask();
      upstream.clear();
      upstream.answer(route, callAnswer(call(tool)));
      upstream.answer(route, textAnswer());
      const seen = await ask();
      expect(seen).toMatchObject({ text, toolNames: [] });
      expect(seen.outputTokens).toBeGreaterThan(plain.outputTokens ?? 0);
      expect(upstream.requests.length).toBe(2);
      check(upstream.requests[1]?.body.toString() ?? "");
    });
  }

  proves("mcp.loops", `${way}: a server that dies within a call is told to the model`, async () => {
    const { pair, upstream } = world();
    const id = `mortal-${Object.keys(asks).indexOf(way)}`;
    await using mortal = await startServer(id);
    const user = await createUser(pair);
    upstream.answer(route, callAnswer({ ...call("die"), name: `bmcp_${id}_die` }));
    upstream.answer(route, textAnswer());
    expect(await ask(user.key)).toMatchObject({ text, toolNames: [] });
    expect((await mortal.exited).signal).toBe("SIGKILL");
    expect(upstream.requests.length).toBe(2);
    await pair.owner.mcpServers.deleteMCPServer({ id });
  });

  proves("mcp.loops", `${way}: rounds are capped, and the answer says so`, async () => {
    const { upstream } = world();
    upstream.always(route, callAnswer(call("echo")));
    const seen = await ask();
    expect(seen.toolNames).toEqual([]);
    expect(seen.text).not.toBe("");
    expect(upstream.requests.length).toBe(roundsMax);
  });
}

proves("mcp.loops", "two calls of one tool in a turn both run, in streams", async () => {
  const { upstream } = world();
  const calls = [call("echo", "toolu_01"), call("echo", "toolu_02")] as const;
  upstream.answer("messages", messages.toolCallsStream(...calls));
  upstream.answer("messages", messages.textStream());
  upstream.answer("responses", responses.toolCallsStream(...calls));
  upstream.answer("responses", responses.textStream());
  const { gatewayUrl } = world().pair;
  expect(await asks["messages, streaming"](gatewayUrl, key)).toMatchObject({ text, toolNames: [] });
  expect(await asks["responses, streaming"](gatewayUrl, key)).toMatchObject({
    text,
    toolNames: [],
  });
  for (const at of [1, 3]) {
    const body = upstream.requests[at]?.body.toString() ?? "";
    for (const { id } of calls) expect(body.split(id).length).toBeGreaterThan(2);
  }
});

proves(
  "mcp.loops",
  "a turn that mixes a client's tool with one of ours loses neither",
  async () => {
    const { pair, upstream } = world();
    const client = anthropic(pair.gatewayUrl, key);
    const request = {
      model: "m",
      max_tokens: 64,
      tools: [{ name: "get_weather", input_schema: { type: "object" as const } }],
    };
    const asked = { role: "user" as const, content: "hi" };
    const own = { id: "toolu_own", name: "get_weather", input: {} };
    upstream.answer("messages", messages.toolCallsStream(own, call("echo", "toolu_ours")));
    const first = await client.messages.stream({ ...request, messages: [asked] }).finalMessage();
    const calls = first.content.filter((block) => block.type === "tool_use");
    expect(calls.map(({ name }) => name)).toEqual(["get_weather"]);
    expect(first.stop_reason).toBe("tool_use");

    upstream.answer("messages", messages.textStream());
    const result = {
      type: "tool_result" as const,
      tool_use_id: calls[0]?.id ?? "",
      content: "sunny",
    };
    const second = await client.messages
      .stream({
        ...request,
        messages: [
          asked,
          { role: "assistant", content: first.content },
          { role: "user", content: [result] },
        ],
      })
      .finalMessage();
    expect(second.content).toMatchObject([{ type: "text", text }]);
    expect(upstream.requests.length).toBe(2);
    const { messages: history } = JSON.parse(upstream.requests[1]?.body.toString() ?? "{}");
    expect(history.slice(1)).toMatchObject([
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "toolu_own" },
          { type: "tool_use", id: "toolu_ours", name: "bmcp_srv_echo", input: { city: "Paris" } },
        ],
      },
      { role: "user" },
    ]);
    const results = history[2].content.map((block: { tool_use_id: string }) => block.tool_use_id);
    expect(results.sort()).toEqual(["toolu_ours", "toolu_own"]);
  },
);
