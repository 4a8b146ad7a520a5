import { messages } from "@aibridge/testing/fake-upstream";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect } from "@jest/globals";
import { proves } from "../proves.ts";
import { runAgent, shareAgentWorld } from "./agent-world.ts";
import { expectFaithful } from "./faithful.ts";
import { missing } from "./installed.ts";

suiteThatNeeds(missing("claude"), "Claude Code", () => {
  const world = shareAgentWorld();

  for (const variable of ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"]) {
    proves(
      ["agents.claude-code", "agents.no-key-leaks", "agents.same-body"],
      `completes a turn with our key in ${variable}`,
      async () => {
        const printed = await runAgent("claude", {
          args: ["-p", "say hello"],
          env: {
            ANTHROPIC_BASE_URL: `${world().tap.url}/anthropic`,
            [variable]: world().pair.apiKey,
          },
        });
        expect(printed).toBe("Hello from the upstream.");
        expect(world().upstream.requestsOf("messages").length).toBe(1);
        expectFaithful(world());
      },
    );
  }

  proves(
    "agents.claude-code",
    "runs a tool that the model calls and sends its result",
    async () => {
      world().upstream.answer(
        "messages",
        messages.toolCallStream({
          id: "toolu_01",
          name: "Bash",
          input: { command: "echo result-$((40 + 2))", description: "Adds" },
        }),
        messages.textStream("The tool said so."),
      );
      const printed = await runAgent("claude", {
        args: ["-p", "add", "--allowedTools", "Bash(echo:*)"],
        env: {
          ANTHROPIC_BASE_URL: `${world().tap.url}/anthropic`,
          ANTHROPIC_AUTH_TOKEN: world().pair.apiKey,
        },
      });
      expect(printed).toBe("The tool said so.");
      const [, second] = world().upstream.requestsOf("messages");
      expect(second?.body.toString()).toContain("result-42");
      expectFaithful(world());
    },
  );
});
