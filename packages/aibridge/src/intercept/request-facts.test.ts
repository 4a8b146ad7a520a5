import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { chatCompletions } from "./chat-completions/format.ts";
import type { Format, RequestFacts } from "./format.ts";
import { messages } from "./messages/format.ts";
import { responses } from "./responses/format.ts";

const user = (content: unknown) => ({ role: "user", content });
const text = (value: unknown) => ({ type: "text", text: value });
const inputText = (value: unknown) => ({ type: "input_text", text: value });
const toolResult = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "42" });
const image = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
const assistant = { role: "assistant", content: "Hi" };
const output = (type: string, call_id: string) => ({ type, call_id, output: "42" });

type Case = readonly [title: string, format: Format, body: object, facts: Partial<RequestFacts>];

const cases: readonly Case[] = [
  ["a string", messages, { messages: [assistant, user("Hello")] }, { prompt: "Hello" }],
  [
    "text blocks",
    messages,
    { messages: [user([text("a"), image, text("b")])] },
    { prompt: "a\nb" },
  ],
  [
    "a system message behind the user's, as Claude Code sends it",
    messages,
    { messages: [user("Hello"), { role: "system", content: "Be brief." }] },
    { prompt: "Hello" },
  ],
  [
    "only tool results",
    messages,
    { messages: [user("old"), assistant, user([toolResult("toolu_1"), toolResult("toolu_2")])] },
    { correlatingToolCallId: "toolu_2" },
  ],
  [
    "tool results and text",
    messages,
    { messages: [user([toolResult("toolu_1"), text("and?")])] },
    { correlatingToolCallId: "toolu_1", prompt: "and?" },
  ],
  ["a prefilled answer", messages, { messages: [user("Hello"), assistant] }, {}],
  ["an image only", messages, { messages: [user([image])] }, {}],
  [
    "a user id",
    messages,
    { messages: [], metadata: { user_id: "user_1_account__session_2" } },
    { metadataUserId: "user_1_account__session_2" },
  ],
  [
    "a model and a stream",
    messages,
    { model: "claude-x", stream: true },
    { model: "claude-x", streaming: true },
  ],
  ["a string", chatCompletions, { messages: [assistant, user("Hello")] }, { prompt: "Hello" }],
  [
    "text parts",
    chatCompletions,
    { messages: [user([text("a"), { type: "image_url", image_url: {} }, text("b")])] },
    { prompt: "a\nb" },
  ],
  [
    "tool results",
    chatCompletions,
    {
      messages: [
        user("old"),
        { role: "tool", tool_call_id: "call_1", content: "42" },
        { role: "tool", tool_call_id: "call_2", content: "43" },
      ],
    },
    { correlatingToolCallId: "call_2" },
  ],
  [
    "instructions last",
    chatCompletions,
    { messages: [user("Hello"), { role: "developer", content: "Be brief." }] },
    { prompt: "Hello" },
  ],
  [
    "a user id of another API",
    chatCompletions,
    { messages: [user("Hello")], metadata: { user_id: "u" } },
    { prompt: "Hello" },
  ],
  [
    "a model and a stream",
    chatCompletions,
    { model: "gpt-x", stream: true },
    { model: "gpt-x", streaming: true },
  ],
  ["a string", responses, { input: "Hello" }, { prompt: "Hello" }],
  ["an empty string", responses, { input: "" }, {}],
  [
    "text parts",
    responses,
    {
      input: [
        { type: "message", ...user([inputText("a"), { type: "input_image" }, inputText("b")]) },
      ],
    },
    { prompt: "a\nb" },
  ],
  ["a short message", responses, { input: [user("Hello")] }, { prompt: "Hello" }],
  [
    "function outputs",
    responses,
    {
      input: [
        user("old"),
        output("function_call_output", "a"),
        output("function_call_output", "b"),
      ],
    },
    { correlatingToolCallId: "b" },
  ],
  [
    "a custom tool's output",
    responses,
    { input: [output("custom_tool_call_output", "call_c")] },
    { correlatingToolCallId: "call_c" },
  ],
  [
    "an output that is not last",
    responses,
    { input: [output("function_call_output", "a"), assistant] },
    {},
  ],
  [
    "a model and a stream",
    responses,
    { model: "gpt-x", stream: true },
    { model: "gpt-x", streaming: true },
  ],
];

const nothing: RequestFacts = {
  model: "",
  streaming: false,
  prompt: undefined,
  correlatingToolCallId: "",
  metadataUserId: undefined,
};

test.each(
  cases.map(([title, format, body, facts]) => ({ name: format.name, title, format, body, facts })),
)("the facts of a $name request with $title", ({ format, body, facts }) => {
  expect(format.requestFacts(body)).toEqual({ ...nothing, ...facts });
});

test("a request of any shape has facts", () => {
  const formats = fc.constantFrom(messages, chatCompletions, responses);
  const entry = fc.record(
    {
      role: fc.constantFrom("user", "tool", "system", 1),
      content: fc.jsonValue(),
      type: fc.string(),
    },
    { requiredKeys: [] },
  );
  const list = fc.oneof(fc.array(fc.oneof(entry, fc.jsonValue())), fc.jsonValue());
  const body = fc.oneof(fc.record({ messages: list, input: list, metadata: list }), fc.jsonValue());
  fc.assert(
    fc.property(formats, body, (format, any) => {
      const facts = format.requestFacts(any);
      expect(typeof facts.correlatingToolCallId).toBe("string");
      expect(["string", "undefined"]).toContain(typeof facts.prompt);
    }),
  );
});
