import { beforeAll, expect } from "@jest/globals";
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import { proves } from "../proves.ts";
import { shareSdkWorld } from "./sdk-world.ts";

const world = shareSdkWorld();
let client: OpenAI;
beforeAll(() => {
  client = clientWith(world().pair.apiKey);
});

function clientWith(apiKey: string): OpenAI {
  // A retry would hide what the first answer was.
  return new OpenAI({ apiKey, baseURL: `${world().pair.gatewayUrl}/openai/v1`, maxRetries: 0 });
}

function chat(model: string) {
  return { model, messages: [{ role: "user" as const, content: "hi" }] };
}

proves(
  ["sdk.js", "sdk.js.request-id"],
  "a whole completion arrives, and its request id",
  async () => {
    const completion = await client.chat.completions.create(chat("text"));
    expect(completion.choices[0]?.message.content).toBe("Hello from the upstream.");
    expect(completion.usage).toMatchObject({ prompt_tokens: 25, completion_tokens: 7 });
    expect(completion._request_id).toBe("req_upstream_openai");
  },
);

proves("sdk.js", "a streamed completion arrives chunk by chunk, and no usage unasked", async () => {
  const stream = await client.chat.completions.create({ ...chat("text"), stream: true });
  const pieces: string[] = [];
  for await (const chunk of stream) {
    pieces.push(chunk.choices[0]?.delta.content ?? "");
    expect(chunk.choices.length).toBe(1);
  }
  expect(pieces).toEqual(["", "Hello", " from", " the", " upstream.", ""]);
});

proves("sdk.js", "a tool call arrives in a completion, whole and streamed", async () => {
  const expected = { id: "call_01", function: { name: "weather", arguments: '{"city":"Pune"}' } };
  const whole = await client.chat.completions.create(chat("tool"));
  expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject(expected);
  const streamed = await client.chat.completions.stream(chat("tool")).finalChatCompletion();
  expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject(expected);
});

proves(
  ["sdk.js", "sdk.js.request-id"],
  "a whole response arrives, and its request id",
  async () => {
    const response = await client.responses.create({ model: "text", input: "hi" });
    expect(response.output_text).toBe("Hello from the upstream.");
    expect(response._request_id).toBe("req_upstream_openai");
  },
);

proves("sdk.js", "a streamed response arrives event by event", async () => {
  const stream = client.responses.stream({ model: "text", input: "hi" });
  const pieces: string[] = [];
  stream.on("response.output_text.delta", ({ delta }) => pieces.push(delta));
  const response = await stream.finalResponse();
  expect(response.output_text).toBe("Hello from the upstream.");
  expect(pieces).toEqual(["Hello", " from", " the", " upstream."]);
});

proves("sdk.js", "a tool call arrives in a response, whole and streamed", async () => {
  const expected = { type: "function_call", call_id: "call_01", arguments: '{"city":"Pune"}' };
  const whole = await client.responses.create({ model: "tool", input: "hi" });
  expect(whole.output[0]).toMatchObject(expected);
  const streamed = await client.responses.stream({ model: "tool", input: "hi" }).finalResponse();
  expect(streamed.output[0]).toMatchObject(expected);
});

proves("sdk.js", "models are passed through", async () => {
  const models = await client.models.list();
  expect(models.data.map(({ id }) => id)).toEqual(["gpt-5.2"]);
});

const providerErrors = [
  ["400", BadRequestError, "Missing required parameter: 'model'."],
  ["401", AuthenticationError, "Incorrect API key provided."],
  ["403", PermissionDeniedError, "You are not allowed to use this model."],
  ["404", NotFoundError, "The model does not exist."],
  ["429", RateLimitError, "Rate limit reached for requests per min."],
  ["500", InternalServerError, "The server had an error while processing your request."],
  ["503", InternalServerError, "The engine is currently overloaded, please try again later."],
] as const;

for (const [status, errorClass, message] of providerErrors) {
  proves("sdk.js.errors", `the provider's ${status} is a ${errorClass.name}`, async () => {
    for (const call of [
      client.chat.completions.create(chat(status)),
      client.responses.create({ model: status, input: "hi" }),
    ]) {
      const error: unknown = await Promise.resolve(call).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(errorClass);
      expect(error).toMatchObject({
        status: Number(status),
        error: { message },
        requestID: `req_upstream_${status}`,
      });
    }
  });
}

proves("sdk.js.errors", "an unknown key of ours is a PermissionDeniedError", async () => {
  const stranger = clientWith(`${"a".repeat(10)}-${"b".repeat(22)}`);
  const error: unknown = await stranger.chat.completions
    .create(chat("text"))
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(PermissionDeniedError);
  expect(error).toMatchObject({ status: 403, error: { message: "unauthorized" } });
});

proves("sdk.js.errors", "a route that is not ours is a NotFoundError", async () => {
  const error: unknown = await client.files.list().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({
    error: { message: "route not supported: GET /openai/v1/files" },
  });
});

proves("sdk.js.errors", "an error event in mid-stream is an APIError after the text", async () => {
  const stream = await client.chat.completions.create({ ...chat("broken"), stream: true });
  const pieces: string[] = [];
  const read = async () => {
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? "");
  };
  await expect(read()).rejects.toBeInstanceOf(APIError);
  expect(pieces).toEqual(["", "Hello"]);
});

proves("sdk.js.abort", "aborting a stream cancels the upstream call", async () => {
  const before = world().upstream.requests.length;
  const completion = await client.chat.completions.create({ ...chat("stall"), stream: true });
  for await (const _ of completion) break;
  const response = await client.responses.create({ model: "stall", input: "hi", stream: true });
  for await (const _ of response) break;
  expect(await world().upstream.requests[before]?.closed).toBe("left");
  expect(await world().upstream.requests[before + 1]?.closed).toBe("left");
});
