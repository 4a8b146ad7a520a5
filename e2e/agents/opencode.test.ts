import { chatCompletions, jsonOf, messages, responses } from "@aibridge/testing/fake-upstream";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect } from "@jest/globals";
import { proves } from "../proves.ts";
import { runAgent, shareAgentWorld } from "./agent-world.ts";
import { expectFaithful } from "./faithful.ts";
import { missing } from "./installed.ts";

const apis = {
  messages,
  responses,
  "chat-completions": chatCompletions,
} as const;

/** opencode's configuration of a provider, one for each API that it can speak. */
const providers = [
  ["messages", "anthropic/claude-sonnet-4-5", "/anthropic/v1", {}],
  ["responses", "openai/gpt-5.2", "/openai/v1", {}],
  [
    "chat-completions",
    "aibridge/gpt-5.2",
    "/openai/v1",
    { npm: "@ai-sdk/openai-compatible", models: { "gpt-5.2": {} } },
  ],
] as const;

suiteThatNeeds(missing("opencode"), "opencode", () => {
  const world = shareAgentWorld();

  for (const [route, model, path, extra] of providers) {
    proves(
      ["agents.opencode", "agents.no-key-leaks", "agents.same-body"],
      `completes a turn with a tool call by ${route}`,
      async () => {
        const api = apis[route];
        const call = {
          id: "call_01",
          name: "bash",
          input: { command: "echo result-$((40 + 2))", description: "Adds" },
        };
        // It asks for a title of the conversation at the same time, with no tools.
        let turns = 0;
        world().upstream.always(route, (request) => {
          if (!Array.isArray(jsonOf(request)?.tools)) return api.textStream("A title");
          turns += 1;
          return turns === 1 ? api.toolCallStream(call) : api.textStream("The tool said so.");
        });
        const options = { baseURL: `${world().tap.url}${path}`, apiKey: world().pair.apiKey };
        const provider = { [model.split("/")[0] ?? ""]: { ...extra, options } };
        const printed = await runAgent("opencode", {
          args: ["run", "--model", model, "add"],
          env: {},
          files: { "opencode.json": JSON.stringify({ provider }) },
        });
        expect(printed).toBe("The tool said so.");
        expect(turns).toBe(2);
        const results = world()
          .upstream.requestsOf(route)
          .map(({ body }) => body.toString());
        expect(results.some((body) => body.includes("result-42"))).toBe(true);
        expectFaithful(world());
      },
    );
  }
});
