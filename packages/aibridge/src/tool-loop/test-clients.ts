import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { LoopWorld } from "./test-loop-world.ts";
import type { Route } from "./test-turns.ts";

/** What a client got, in no format: an official SDK put it together. */
export interface Seen {
  readonly id: string;
  readonly texts: readonly string[];
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly stop: string | null | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** What a client sends: its conversation, in the format's own shape, and its own tools. */
export interface Ask {
  /** The first user message, if there is nothing else. */
  readonly conversation?: unknown;
  readonly clientTools?: readonly string[];
  readonly more?: object;
  readonly signal?: AbortSignal;
}

const schema = { type: "object" as const, properties: {} };

/** Asks by the official SDK of a format, which also puts the stream together. */
export async function askBySdk(
  world: LoopWorld,
  route: Route,
  streaming: boolean,
  ask: Ask = {},
): Promise<Seen> {
  return await { messages: askMessages, "chat-completions": askChat, responses: askResponses }[
    route
  ](world, streaming, ask);
}

async function askMessages(world: LoopWorld, streaming: boolean, ask: Ask): Promise<Seen> {
  const client = new Anthropic({
    apiKey: "unused",
    maxRetries: 0,
    fetch: world.fetch("anthropic"),
  });
  const { conversation = [{ role: "user", content: "hi" }], clientTools = [], more, signal } = ask;
  const body = {
    model: "claude-x",
    max_tokens: 64,
    messages: conversation as Anthropic.MessageParam[],
    ...(clientTools.length > 0 && {
      tools: clientTools.map((name) => ({ name, input_schema: schema })),
    }),
    ...more,
  };
  const options = signal ? { signal } : {};
  const message = streaming
    ? await client.messages.stream(body, options).finalMessage()
    : await client.messages.create(body, options);
  const { id, content, stop_reason, usage } = message;
  return {
    id,
    texts: content.flatMap((block) => (block.type === "text" ? [block.text] : [])),
    calls: content.flatMap((block) =>
      block.type === "tool_use"
        ? [{ id: block.id, name: block.name, args: JSON.stringify(block.input) }]
        : [],
    ),
    stop: stop_reason,
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
  };
}

function openai(world: LoopWorld): OpenAI {
  return new OpenAI({ apiKey: "unused", maxRetries: 0, fetch: world.fetch("openai") });
}

async function askChat(world: LoopWorld, streaming: boolean, ask: Ask): Promise<Seen> {
  const { conversation = [{ role: "user", content: "hi" }], clientTools = [], more, signal } = ask;
  const body = {
    model: "gpt-x",
    messages: conversation as OpenAI.ChatCompletionMessageParam[],
    ...(clientTools.length > 0 && {
      tools: clientTools.map((name) => ({
        type: "function" as const,
        function: { name, parameters: schema },
      })),
    }),
    ...more,
  };
  const options = signal ? { signal } : {};
  const { chat } = openai(world);
  const completion = streaming
    ? await chat.completions
        .stream({ ...body, stream_options: { include_usage: true } }, options)
        .finalChatCompletion()
    : await chat.completions.create(body, options);
  const [choice] = completion.choices;
  return {
    id: completion.id,
    texts: choice?.message.content ? [choice.message.content] : [],
    calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === "function"
        ? [{ id: call.id, name: call.function.name, args: call.function.arguments }]
        : [],
    ),
    stop: choice?.finish_reason,
    inputTokens: completion.usage?.prompt_tokens,
    outputTokens: completion.usage?.completion_tokens,
  };
}

async function askResponses(world: LoopWorld, streaming: boolean, ask: Ask): Promise<Seen> {
  const { conversation = "hi", clientTools = [], more, signal } = ask;
  const body = {
    model: "gpt-x",
    input: conversation as OpenAI.Responses.ResponseInput,
    ...(clientTools.length > 0 && {
      tools: clientTools.map((name) => ({
        type: "function" as const,
        name,
        parameters: schema,
        strict: false,
      })),
    }),
    ...more,
  };
  const options = signal ? { signal } : {};
  const { responses } = openai(world);
  const response = streaming
    ? await responses.stream(body, options).finalResponse()
    : await responses.create(body, options);
  return {
    id: response.id,
    texts: response.output.flatMap((item) =>
      item.type === "message"
        ? item.content.flatMap((part) => (part.type === "output_text" ? [part.text] : []))
        : [],
    ),
    calls: response.output.flatMap((item) =>
      item.type === "function_call"
        ? [{ id: item.call_id, name: item.name, args: item.arguments }]
        : [],
    ),
    stop: response.status,
    inputTokens: response.usage?.input_tokens,
    outputTokens: response.usage?.output_tokens,
  };
}
