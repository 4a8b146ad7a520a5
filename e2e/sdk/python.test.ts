import { fileURLToPath } from "node:url";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { beforeEach, expect } from "@jest/globals";
import { proves } from "../proves.ts";
import { pythonEnvironment, run } from "./python/environment.ts";
import { shareSdkWorld } from "./sdk-world.ts";

const { python, missing } = await pythonEnvironment();

function runScript(name: string, baseUrl: string, key: string): Promise<string> {
  return run(python ?? "", [
    fileURLToPath(new URL(`python/${name}`, import.meta.url)),
    baseUrl,
    key,
  ]);
}

suiteThatNeeds(missing, "Python SDKs", () => {
  const world = shareSdkWorld();
  beforeEach(() => {
    world().upstream.requests.length = 0;
  });

  /** The last calls of a script are those that it aborts. */
  async function lastClosings(calls: number): Promise<string[]> {
    return Promise.all(
      world()
        .upstream.requests.slice(-calls)
        .map(({ closed }) => closed),
    );
  }

  proves(
    ["sdk.python", "sdk.python.errors", "sdk.python.abort"],
    "anthropic: answers, streams, tools, errors and abort",
    async () => {
      const { gatewayUrl, apiKey } = world().pair;
      const printed = await runScript("anthropic_sdk.py", `${gatewayUrl}/anthropic`, apiKey);
      expect(JSON.parse(printed)).toMatchObject({
        text: "Hello from the upstream.",
        request_id: "req_011CUpstreamMessages",
        pieces: ["Hello", " from", " the", " upstream."],
        tool: [{ id: "call_01", name: "weather", input: { city: "Pune" } }],
        tool_streamed: [{ id: "call_01", name: "weather", input: { city: "Pune" } }],
        errors: {
          400: { class: "BadRequestError", status: 400 },
          401: { class: "AuthenticationError", status: 401 },
          403: { class: "PermissionDeniedError", status: 403 },
          404: { class: "NotFoundError", status: 404 },
          429: { class: "RateLimitError", status: 429 },
          500: { class: "InternalServerError", status: 500 },
          529: { class: "OverloadedError", status: 529 },
        },
        stranger: { class: "PermissionDeniedError", status: 403 },
        unknown_route: { class: "NotFoundError", status: 404 },
        broken: { class: "APIStatusError" },
        aborted_after: "Hello",
      });
      expect(await lastClosings(1)).toEqual(["left"]);
    },
  );

  proves(
    ["sdk.python", "sdk.python.errors", "sdk.python.abort"],
    "openai: answers, streams, tools, errors and abort",
    async () => {
      const { gatewayUrl, apiKey } = world().pair;
      const printed = await runScript("openai_sdk.py", `${gatewayUrl}/openai/v1`, apiKey);
      const tool = { id: "call_01", name: "weather", arguments: '{"city":"Pune"}' };
      expect(JSON.parse(printed)).toMatchObject({
        chat: "Hello from the upstream.",
        request_id: "req_upstream_openai",
        chat_pieces: ["", "Hello", " from", " the", " upstream.", ""],
        chat_tool: tool,
        response: "Hello from the upstream.",
        response_pieces: ["Hello", " from", " the", " upstream."],
        response_tool: tool,
        errors: {
          400: { class: "BadRequestError", status: 400 },
          401: { class: "AuthenticationError", status: 401 },
          403: { class: "PermissionDeniedError", status: 403 },
          404: { class: "NotFoundError", status: 404 },
          429: { class: "RateLimitError", status: 429 },
          500: { class: "InternalServerError", status: 500 },
          503: { class: "InternalServerError", status: 503 },
        },
        stranger: { class: "PermissionDeniedError", status: 403 },
        unknown_route: { class: "NotFoundError", status: 404 },
        broken: { class: "APIError" },
        aborted: [true, true],
      });
      expect(await lastClosings(2)).toEqual(["left", "left"]);
    },
  );
});
