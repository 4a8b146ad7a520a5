import { MCPServerAuth } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { type FakeMcp, mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { messages, type ReceivedRequest, responses } from "@aibridge/testing/fake-upstream";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { afterAll, beforeAll, expect } from "@jest/globals";
import { proves } from "../proves.ts";
import { runAgent, shareAgentWorld } from "./agent-world.ts";
import { missing } from "./installed.ts";

/** On a busy machine the first request may wait longer than users would like. */
const world = shareAgentWorld({ AIBRIDGE_MCP_FIRST_WAIT: "30s" });
const lookUp = { id: "call_look", name: "bmcp_wiki_look_up", input: { title: "Pune" } };
const text = (request: ReceivedRequest | undefined) => request?.body.toString() ?? "";

let wiki: FakeMcp;
beforeAll(async () => {
  wiki = await startFakeMcp({
    tools: [mcpTools.saying("look_up", { type: "text", text: "a city in Maharashtra" })],
  });
  await world().pair.owner.mcpServers.createMCPServer({
    id: "wiki",
    url: wiki.url,
    auth: MCPServerAuth.MCP_SERVER_AUTH_NONE,
  });
});
afterAll(() => wiki[Symbol.asyncDispose]());

/** What an agent sent: it must know nothing of the tools. */
function sentByAgent(): string {
  return world()
    .tap.requests.map((request) => text(request))
    .join("\n");
}

suiteThatNeeds(missing("claude"), "Claude Code", () => {
  const run = (...args: string[]) =>
    runAgent("claude", {
      args: ["-p", ...args],
      env: {
        ANTHROPIC_BASE_URL: `${world().tap.url}/anthropic`,
        ANTHROPIC_AUTH_TOKEN: world().pair.apiKey,
      },
    });

  proves("tool-loop.agents", "uses an injected tool without knowing it", async () => {
    const { upstream } = world();
    upstream.answer(
      "messages",
      messages.toolCallStream(lookUp),
      messages.textStream("It is a city."),
    );
    expect(await run("what is Pune")).toBe("It is a city.");
    const [first, second] = upstream.requestsOf("messages");
    expect(text(first)).toContain("bmcp_wiki_look_up");
    expect(text(second)).toContain("a city in Maharashtra");
    expect(sentByAgent()).not.toContain("bmcp_");
    upstream.verify();
  });

  proves("tool-loop.agents", "runs its own tool beside an injected one", async () => {
    const { upstream } = world();
    const input = { command: "echo result-$((40 + 2))", description: "Adds" };
    upstream.answer(
      "messages",
      messages.toolCallsStream(lookUp, { id: "toolu_own", name: "Bash", input }),
      messages.textStream("Both said so."),
    );
    expect(await run("add", "--allowedTools", "Bash(echo:*)")).toBe("Both said so.");
    const [, second] = upstream.requestsOf("messages");
    expect(text(second)).toContain("result-42");
    expect(text(second)).toContain("a city in Maharashtra");
    expect(text(second)).toContain('"tool_use_id":"toolu_own"');
    expect(sentByAgent()).not.toContain("bmcp_");
    upstream.verify();
  });
});

suiteThatNeeds(missing("codex"), "Codex", () => {
  const run = (prompt: string) =>
    runAgent("codex", {
      // Codex's own sandbox needs what containers don't give; echo needs none.
      args: ["exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", prompt],
      env: { AIBRIDGE_KEY: world().pair.apiKey },
      files: {
        ".codex/config.toml": `
          model = "gpt-5.2"
          model_provider = "aibridge"
          [model_providers.aibridge]
          name = "aibridge"
          base_url = "${world().tap.url}/openai/v1"
          env_key = "AIBRIDGE_KEY"
          wire_api = "responses"
        `,
      },
    });

  proves("tool-loop.agents", "uses an injected tool without knowing it", async () => {
    const { upstream } = world();
    upstream.answer(
      "responses",
      responses.toolCallStream(lookUp),
      responses.textStream("It is a city."),
    );
    expect(await run("what is Pune")).toBe("It is a city.");
    const [first, second] = upstream.requestsOf("responses");
    expect(text(first)).toContain("bmcp_wiki_look_up");
    expect(text(second)).toContain("a city in Maharashtra");
    expect(sentByAgent()).not.toContain("bmcp_");
    upstream.verify();
  });

  proves("tool-loop.agents", "runs its own tool beside an injected one", async () => {
    const { upstream } = world();
    const input = { cmd: "echo result-$((40 + 2))" };
    upstream.answer(
      "responses",
      responses.toolCallsStream(lookUp, { id: "call_own", name: "exec_command", input }),
      responses.textStream("Both said so."),
    );
    expect(await run("add")).toBe("Both said so.");
    const [, second] = upstream.requestsOf("responses");
    expect(text(second)).toContain("result-42");
    expect(text(second)).toContain("a city in Maharashtra");
    expect(text(second)).toContain('"call_id":"call_own"');
    expect(sentByAgent()).not.toContain("bmcp_");
    upstream.verify();
  });
});
