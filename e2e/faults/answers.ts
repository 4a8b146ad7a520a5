import {
  type Answer,
  bodyOf,
  chatCompletions,
  dataEvent,
  eventStreamAnswer,
  jsonAnswer,
  messages,
  namedEvent,
  responses,
} from "@aibridge/testing/fake-upstream";
import type { Plan, Tokens } from "./plan.ts";

/** What the provider has to say to a plan, were it let. */
export function answerTo(plan: Plan): Answer {
  const { route, streaming, fate } = plan;
  if (fate.by === "provider" && fate.how === "error") return errors[route](fate.status);
  return streaming ? streams[route](plan) : wholes[route](plan);
}

/** What the client is to get of it, were nothing to break off: all but the one chunk it did not ask for. */
export function bodyFor(plan: Plan): Buffer {
  const answer = answerTo(plan);
  const isOurs = plan.route === "chat-completions" && plan.streaming && !plan.asksForUsage;
  if (!isOurs || answer.status !== 200) return bodyOf(answer);
  return Buffer.concat(answer.chunks.filter((_, at) => at !== answer.chunks.length - 2));
}

const errors = {
  messages: messages.error,
  "chat-completions": chatCompletions.error,
  responses: responses.error,
};

type ByRoute = Readonly<Record<Plan["route"], (plan: Plan) => Answer>>;

const wholes: ByRoute = {
  messages: (plan) =>
    jsonAnswer(200, [], {
      ...message(plan, [{ type: "text", text: textOf(plan) }]),
      usage: { ...messagesInput(plan.tokens), output_tokens: plan.tokens.output },
    }),
  "chat-completions": (plan) =>
    jsonAnswer(200, [], {
      ...completion(plan, "chat.completion"),
      choices: [{ index: 0, message: { content: textOf(plan) }, finish_reason: "stop" }],
      usage: chatUsage(plan.tokens),
    }),
  responses: (plan) => jsonAnswer(200, [], response(plan, responsesUsage(plan.tokens))),
};

const streams: ByRoute = {
  messages: (plan) =>
    eventStreamAnswer(
      [],
      [
        namedEvent({
          type: "message_start",
          message: {
            ...message(plan, []),
            usage: { ...messagesInput(plan.tokens), output_tokens: 1 },
          },
        }),
        namedEvent({
          type: "content_block_start",
          index: 0,
          content_block: { type: "text", text: "" },
        }),
        ...wordsOf(plan).map((text) =>
          namedEvent({
            type: "content_block_delta",
            index: 0,
            delta: { type: "text_delta", text },
          }),
        ),
        namedEvent({ type: "content_block_stop", index: 0 }),
        namedEvent({
          type: "message_delta",
          delta: { stop_reason: "end_turn" },
          usage: { output_tokens: plan.tokens.output },
        }),
        namedEvent({ type: "message_stop" }),
      ],
    ),
  "chat-completions": (plan) => {
    const chunk = (choices: readonly object[], usage: object | null) =>
      dataEvent({ ...completion(plan, "chat.completion.chunk"), choices, usage });
    return eventStreamAnswer(
      [],
      [
        ...wordsOf(plan).map((content) => chunk([{ index: 0, delta: { content } }], null)),
        chunk([{ index: 0, delta: {}, finish_reason: "stop" }], null),
        chunk([], chatUsage(plan.tokens)),
        dataEvent("[DONE]"),
      ],
    );
  },
  responses: (plan) =>
    eventStreamAnswer(
      [],
      [
        namedEvent({ type: "response.created", response: response(plan, null) }),
        ...wordsOf(plan).map((delta) => namedEvent({ type: "response.output_text.delta", delta })),
        namedEvent({
          type: "response.completed",
          response: response(plan, responsesUsage(plan.tokens)),
        }),
      ],
    ),
};

function wordsOf({ words }: Plan): string[] {
  return Array.from({ length: words }, (_, at) => ` word ${at}`);
}

function textOf(plan: Plan): string {
  return wordsOf(plan).join("");
}

function message({ marker }: Plan, content: readonly object[]) {
  return { id: `msg-${marker}`, type: "message", role: "assistant", model: marker, content };
}

function messagesInput({ input, cacheRead }: Tokens) {
  return { input_tokens: input, cache_read_input_tokens: cacheRead };
}

function completion({ marker }: Plan, object: string) {
  return { id: `chatcmpl-${marker}`, object, model: marker };
}

function chatUsage({ input, cacheRead, output }: Tokens) {
  return {
    prompt_tokens: input + cacheRead,
    completion_tokens: output,
    prompt_tokens_details: { cached_tokens: cacheRead },
  };
}

function response(plan: Plan, usage: object | null) {
  const { marker } = plan;
  const part = { type: "output_text", text: textOf(plan) };
  return {
    id: `resp-${marker}`,
    object: "response",
    status: usage === null ? "in_progress" : "completed",
    model: marker,
    output: usage === null ? [] : [{ type: "message", role: "assistant", content: [part] }],
    usage,
  };
}

function responsesUsage({ input, cacheRead, output }: Tokens) {
  return {
    input_tokens: input + cacheRead,
    input_tokens_details: { cached_tokens: cacheRead },
    output_tokens: output,
  };
}
