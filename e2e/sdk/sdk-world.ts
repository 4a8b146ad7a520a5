import {
  type Answer,
  chatCompletions,
  cutAfter,
  jsonOf,
  messages,
  type ReceivedRequest,
  responses,
} from "@aibridge/testing/fake-upstream";
import { share } from "../share.ts";
import { startWorld, type World } from "../world.ts";

/** The call that the model `tool` makes. */
export const toolCall = { id: "call_01", name: "weather", input: { city: "Pune" } } as const;

/**
 * One world for all tests of a file, whose upstream answers as the request's
 * model says: `text`, `tool`, `stall`, `broken`, or a status.
 */
export function shareSdkWorld(): () => World {
  return share(async () => {
    const world = await startWorld({ strict: true });
    world.upstream.always("messages", (request) => answerOf(messages, request));
    world.upstream.always("chat-completions", (request) => answerOf(chatCompletions, request));
    world.upstream.always("responses", (request) => answerOf(responses, request));
    return world;
  });
}

interface Api {
  text(): Answer;
  textStream(): Answer;
  toolCall(call: typeof toolCall): Answer;
  toolCallStream(call: typeof toolCall): Answer;
  errorMidStream(): Answer;
  error(status: number): Answer;
}

function answerOf(api: Api, request: ReceivedRequest): Answer {
  const { model, stream } = jsonOf(request) ?? {};
  switch (model) {
    case "text":
      return stream === true ? api.textStream() : api.text();
    case "tool":
      return stream === true ? api.toolCallStream(toolCall) : api.toolCall(toolCall);
    case "stall":
      return cutAfter(api.textStream(), 4, "stall");
    case "broken":
      return api.errorMidStream();
    default:
      return api.error(Number(model));
  }
}
