import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

/** What a client saw of an answer, whatever its format: by the SDKs' own accumulators. */
export interface Seen {
  readonly text: string;
  readonly toolNames: readonly string[];
  readonly outputTokens: number | undefined;
}

/** Asks in one way, and reads the answer as the official SDK does. */
export type Ask = (gatewayUrl: string, apiKey: string) => Promise<Seen>;

const request = { model: "m", messages: [{ role: "user" as const, content: "hi" }] };
const ofResponses = { model: "m", input: "hi", store: false };

/** The official client of Anthropic, pointed at a gateway. */
export function anthropic(gatewayUrl: string, apiKey: string): Anthropic {
  const baseURL = `${gatewayUrl}/anthropic`;
  return new Anthropic({ apiKey, authToken: null, baseURL, maxRetries: 0 });
}

function openai(gatewayUrl: string, apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${gatewayUrl}/openai/v1`, maxRetries: 0 });
}

function seenOfMessage({ content, usage }: Anthropic.Message): Seen {
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    toolNames: content.flatMap((block) => (block.type === "tool_use" ? [block.name] : [])),
    outputTokens: usage.output_tokens,
  };
}

function seenOfCompletion({ choices, usage }: OpenAI.ChatCompletion): Seen {
  const message = choices[0]?.message;
  return {
    text: message?.content ?? "",
    toolNames: (message?.tool_calls ?? []).flatMap((call) =>
      call.type === "function" ? [call.function.name] : [],
    ),
    outputTokens: usage?.completion_tokens,
  };
}

function seenOfResponse({ output, output_text: text, usage }: OpenAI.Responses.Response): Seen {
  return {
    text,
    toolNames: output.flatMap((item) => (item.type === "function_call" ? [item.name] : [])),
    outputTokens: usage?.output_tokens,
  };
}

/** Every format, streaming and blocking. */
export const asks = {
  "messages, blocking": async (url, key) =>
    seenOfMessage(await anthropic(url, key).messages.create({ ...request, max_tokens: 64 })),
  "messages, streaming": async (url, key) =>
    seenOfMessage(
      await anthropic(url, key)
        .messages.stream({ ...request, max_tokens: 64 })
        .finalMessage(),
    ),
  "chat-completions, blocking": async (url, key) =>
    seenOfCompletion(await openai(url, key).chat.completions.create(request)),
  "chat-completions, streaming": async (url, key) =>
    seenOfCompletion(
      await openai(url, key)
        .chat.completions.stream({ ...request, stream_options: { include_usage: true } })
        .finalChatCompletion(),
    ),
  "responses, blocking": async (url, key) =>
    seenOfResponse(await openai(url, key).responses.create(ofResponses)),
  "responses, streaming": async (url, key) =>
    seenOfResponse(await openai(url, key).responses.stream(ofResponses).finalResponse()),
} as const satisfies Readonly<Record<string, Ask>>;
