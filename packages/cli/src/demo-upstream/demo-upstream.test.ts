import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import OpenAI from "openai";
import { type DemoUpstream, isDemoUrl, startDemoUpstream } from "./start.ts";

let demo: DemoUpstream;
let anthropic: Anthropic;
let openai: OpenAI;
beforeAll(async () => {
  demo = await startDemoUpstream();
  const { apiKey, baseUrls } = demo;
  anthropic = new Anthropic({ apiKey, baseURL: baseUrls.anthropic, maxRetries: 0 });
  openai = new OpenAI({ apiKey, baseURL: baseUrls.openai, maxRetries: 0 });
});
afterAll(() => demo.destroy());

const answer =
  'This is the aibridge demo, a script and not a model. You asked: "Who is there?". Set ANTHROPIC_API_KEY or OPENAI_API_KEY and start again to reach a real one.';
const question = { role: "user" as const, content: "Who is there?" };
const model = "any-model";

test("Messages: blocking", async () => {
  const message = await anthropic.messages.create({ model, max_tokens: 64, messages: [question] });
  expect(message).toMatchObject({ model, role: "assistant", stop_reason: "end_turn" });
  expect(message.content).toEqual([{ type: "text", text: answer }]);
  expect(message.usage).toMatchObject({ input_tokens: 11, output_tokens: 40 });
});

test("of several parts the last text is what was asked", async () => {
  const content = ["The weather is fine.", "Who is there?"].map((text) => ({
    type: "text" as const,
    text,
  }));
  const messages = [{ role: "user" as const, content }];
  const message = await anthropic.messages.create({ model, max_tokens: 64, messages });
  expect(message.content).toEqual([{ type: "text", text: answer }]);
});

test("Messages: streaming adds up to the same", async () => {
  const stream = anthropic.messages.stream({ model, max_tokens: 64, messages: [question] });
  const pieces: string[] = [];
  stream.on("text", (piece) => pieces.push(piece));
  const message = await stream.finalMessage();
  expect(pieces.length).toBeGreaterThan(10);
  expect(message.content).toMatchObject([{ type: "text", text: answer }]);
  expect(message).toMatchObject({ stop_reason: "end_turn", usage: { output_tokens: 40 } });
});

test("Chat Completions: blocking", async () => {
  const completion = await openai.chat.completions.create({ model, messages: [question] });
  expect(completion.choices[0]).toMatchObject({
    finish_reason: "stop",
    message: { role: "assistant", content: answer },
  });
  expect(completion.usage).toMatchObject({
    prompt_tokens: 11,
    completion_tokens: 40,
    total_tokens: 51,
  });
});

test("Chat Completions: streaming adds up to the same, with usage if asked for", async () => {
  const stream = openai.chat.completions.stream({
    model,
    messages: [question],
    stream_options: { include_usage: true },
  });
  const completion = await stream.finalChatCompletion();
  expect(completion.choices[0]?.message.content).toBe(answer);
  expect(completion.usage).toMatchObject({ total_tokens: 51 });
});

test("Chat Completions: a stream holds no usage that nobody asked for", async () => {
  const stream = await openai.chat.completions.create({
    model,
    messages: [question],
    stream: true,
  });
  for await (const chunk of stream) expect(chunk).not.toHaveProperty("usage");
});

test("Responses: blocking", async () => {
  const response = await openai.responses.create({ model, input: "Who is there?" });
  expect(response).toMatchObject({ status: "completed", output_text: answer });
  expect(response.usage).toMatchObject({ input_tokens: 4, output_tokens: 40, total_tokens: 44 });
});

test("Responses: streaming adds up to the same", async () => {
  const input = [{ role: "user" as const, content: "Who is there?" }];
  const stream = openai.responses.stream({ model, input });
  const numbers: number[] = [];
  stream.on("event", (event) => numbers.push(event.sequence_number));
  const response = await stream.finalResponse();
  expect(response).toMatchObject({ status: "completed", output_text: answer });
  expect(numbers).toEqual(numbers.map((_, index) => index));
});

test("models are listed", async () => {
  expect((await anthropic.models.list()).data).toMatchObject([{ id: "aibridge-demo" }]);
  expect((await openai.models.list()).data).toMatchObject([{ id: "aibridge-demo" }]);
});

test("errors come in the format of the API, as the SDK's own classes", async () => {
  const messages = "none" as unknown as [];
  const badRequest = anthropic.messages.create({ model, max_tokens: 64, messages });
  await expect(badRequest).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  const stranger = new OpenAI({ apiKey: "x", baseURL: demo.baseUrls.openai, maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  await expect(openai.files.list()).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});

test("a client that leaves a stream leaves nothing behind", async () => {
  const stream = await anthropic.messages.create({
    model,
    max_tokens: 64,
    messages: [question],
    stream: true,
  });
  for await (const _ of stream) break;
  const message = await anthropic.messages.create({ model, max_tokens: 64, messages: [question] });
  expect(message.stop_reason).toBe("end_turn");
});

test.each([
  ["http://127.0.0.1:4711/aibridge-demo/openai/v1", true],
  ["https://api.openai.com/v1", false],
  ["https://example.com/aibridge-demo/openai/v1", false],
  ["http://127.0.0.1:11434/v1", false],
])("whether %s is a demo: %s", (url, expected) => {
  expect(isDemoUrl(url)).toBe(expected);
});
