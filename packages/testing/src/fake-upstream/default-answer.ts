import { type Answer, jsonAnswer } from "./answer.ts";
import * as chatCompletions from "./answers/chat-completions.ts";
import * as messages from "./answers/messages.ts";
import * as responses from "./answers/responses.ts";
import { jsonOf, speaksAnthropic } from "./problems.ts";
import type { ReceivedRequest } from "./received.ts";

/** A valid answer to a request that no test scripted: streamed if the request asks for it. */
export function defaultAnswer(request: ReceivedRequest): Answer {
  const streaming = jsonOf(request)?.stream === true;
  switch (request.route) {
    case "messages":
      return streaming ? messages.textStream() : messages.text();
    case "count-tokens":
      return messages.tokenCount();
    case "chat-completions":
      return streaming
        ? chatCompletions.textStream(undefined, { includeUsage: asksForUsage(request) })
        : chatCompletions.text();
    case "responses":
      return streaming ? responses.textStream() : responses.text();
    case "models":
      return speaksAnthropic(request) ? messages.models() : responses.models();
    case "other":
      return jsonAnswer(404, [], { error: { message: "The fake upstream has no such route." } });
  }
}

function asksForUsage(request: ReceivedRequest): boolean {
  const options = jsonOf(request)?.stream_options;
  return (
    typeof options === "object" &&
    options !== null &&
    "include_usage" in options &&
    options.include_usage === true
  );
}

/** How the provider whose API a request speaks says that it is wrong. */
export function refusal(request: ReceivedRequest, status: number, message: string): Answer {
  return speaksAnthropic(request)
    ? messages.error(status, message)
    : responses.error(status, message);
}
