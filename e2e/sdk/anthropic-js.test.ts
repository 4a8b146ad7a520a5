import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { beforeAll, expect } from "@jest/globals";
import { proves } from "../proves.ts";
import { shareSdkWorld, toolCall } from "./sdk-world.ts";

const world = shareSdkWorld();
let client: Anthropic;
beforeAll(() => {
  client = clientWith(world().pair.apiKey);
});

function clientWith(apiKey: string): Anthropic {
  return new Anthropic({
    apiKey,
    authToken: null,
    baseURL: `${world().pair.gatewayUrl}/anthropic`,
    // A retry would hide what the first answer was.
    maxRetries: 0,
  });
}

function ask(model: string) {
  const messages = [{ role: "user" as const, content: "hi" }];
  return { model, max_tokens: 64, messages };
}

proves(["sdk.js", "sdk.js.request-id"], "a whole message arrives, and its request id", async () => {
  const message = await client.messages.create(ask("text"));
  expect(message.content).toEqual([{ type: "text", text: "Hello from the upstream." }]);
  expect(message.usage).toMatchObject({ input_tokens: 25, output_tokens: 7 });
  expect(message._request_id).toBe("req_011CUpstreamMessages");
});

proves("sdk.js", "a streamed message arrives event by event", async () => {
  const stream = client.messages.stream(ask("text"));
  const pieces: string[] = [];
  stream.on("text", (piece) => pieces.push(piece));
  expect(await stream.finalText()).toBe("Hello from the upstream.");
  expect(pieces).toEqual(["Hello", " from", " the", " upstream."]);
  expect(stream.request_id).toBe("req_011CUpstreamMessages");
});

proves("sdk.js", "a tool call arrives, whole and streamed", async () => {
  const expected = [{ type: "tool_use", ...toolCall }];
  const whole = await client.messages.create(ask("tool"));
  expect(whole.content).toEqual(expected);
  const streamed = await client.messages.stream(ask("tool")).finalMessage();
  expect(streamed.content).toMatchObject(expected);
});

proves("sdk.js", "models and token counts are passed through", async () => {
  const models = await client.models.list();
  expect(models.data.map(({ id }) => id)).toEqual(["claude-sonnet-4-5-20250929"]);
  const count = await client.messages.countTokens({
    model: "text",
    messages: ask("text").messages,
  });
  expect(count.input_tokens).toBe(25);
});

const providerErrors = [
  ["400", BadRequestError, "messages: Field required"],
  ["401", AuthenticationError, "invalid x-api-key"],
  ["403", PermissionDeniedError, "Your API key does not have permission to use this resource."],
  ["404", NotFoundError, "model: claude-unknown"],
  ["429", RateLimitError, "This request would exceed your rate limit."],
  ["500", InternalServerError, "Internal server error"],
  ["529", InternalServerError, "Overloaded"],
] as const;

for (const [status, errorClass, message] of providerErrors) {
  proves("sdk.js.errors", `the provider's ${status} is a ${errorClass.name}`, async () => {
    const error: unknown = await client.messages.create(ask(status)).catch((error) => error);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({
      status: Number(status),
      error: { error: { message } },
      requestID: `req_011CUpstream${status}`,
    });
  });
}

proves("sdk.js.errors", "the provider's retry-after reaches the caller", async () => {
  const error: unknown = await client.messages.create(ask("429")).catch((error) => error);
  expect(error instanceof APIError && error.headers?.get("retry-after")).toBe("17");
});

proves("sdk.js.errors", "an unknown key of ours is a PermissionDeniedError", async () => {
  const stranger = clientWith(`${"a".repeat(10)}-${"b".repeat(22)}`);
  const error: unknown = await stranger.messages.create(ask("text")).catch((error) => error);
  expect(error).toBeInstanceOf(PermissionDeniedError);
  expect(error).toMatchObject({ status: 403, error: { error: { message: "unauthorized" } } });
});

proves("sdk.js.errors", "a route that is not ours is a NotFoundError", async () => {
  const error: unknown = await client.messages.batches.list().catch((error) => error);
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({
    error: {
      error: { message: "route not supported: GET /anthropic/v1/messages/batches" },
    },
  });
});

proves("sdk.js.errors", "an error event in mid-stream is an APIError after the text", async () => {
  const stream = client.messages.stream(ask("broken"));
  const pieces: string[] = [];
  stream.on("text", (piece) => pieces.push(piece));
  await expect(stream.done()).rejects.toBeInstanceOf(APIError);
  expect(pieces).toEqual(["Hello"]);
});

proves("sdk.js.abort", "aborting a stream cancels the upstream call", async () => {
  const before = world().upstream.requests.length;
  const stream = client.messages.stream(ask("stall"));
  await new Promise<void>((resolve) => stream.once("text", () => resolve()));
  stream.abort();
  await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError);
  expect(await world().upstream.requests[before]?.closed).toBe("left");
});
