import { responses } from "@aibridge/testing/fake-upstream";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect } from "@jest/globals";
import { proves } from "../proves.ts";
import { runAgent, shareAgentWorld } from "./agent-world.ts";
import { expectFaithful } from "./faithful.ts";
import { missing } from "./installed.ts";

suiteThatNeeds(missing("codex"), "Codex", () => {
  const world = shareAgentWorld();

  // A provider of its own, as Codex documents it for proxies.
  const ownProvider = () => ({
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

  proves(
    ["agents.codex", "agents.no-key-leaks", "agents.same-body"],
    "completes a turn with the gateway as its provider",
    async () => {
      const printed = await runAgent("codex", {
        args: ["exec", "--skip-git-repo-check", "say hello"],
        ...ownProvider(),
      });
      expect(printed).toBe("Hello from the upstream.");
      expect(world().upstream.requestsOf("responses").length).toBe(1);
      expectFaithful(world());
    },
  );

  proves("agents.codex", "runs a tool that the model calls and sends its result", async () => {
    world().upstream.answer(
      "responses",
      responses.toolCallStream({
        id: "call_01",
        name: "exec_command",
        input: { cmd: "echo result-$((40 + 2))" },
      }),
      responses.textStream("The tool said so."),
    );
    const printed = await runAgent("codex", {
      // Codex's own sandbox needs what containers don't give; echo needs none.
      args: ["exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", "add"],
      ...ownProvider(),
    });
    expect(printed).toBe("The tool said so.");
    const [, second] = world().upstream.requestsOf("responses");
    expect(second?.body.toString()).toContain("result-42");
    expectFaithful(world());
  });

  proves(
    ["agents.codex", "door.websocket"],
    "falls back to HTTP where its built-in provider tries a WebSocket first",
    async () => {
      const printed = await runAgent("codex", {
        args: ["exec", "--skip-git-repo-check", "say hello"],
        env: { CODEX_API_KEY: world().pair.apiKey },
        files: { ".codex/config.toml": `openai_base_url = "${world().tap.url}/openai/v1"` },
      });
      expect(printed).toBe("Hello from the upstream.");
      expect(world().tap.requests[0]?.header("upgrade")).toEqual(["websocket"]);
      expect(world().upstream.requests.map(({ method }) => method)).toEqual(["POST"]);
      expectFaithful(world());
    },
  );
});
