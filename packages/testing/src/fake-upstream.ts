export {
  type Answer,
  bodyOf,
  cutAfter,
  type Ending,
  eventStreamAnswer,
  gzipped,
  jsonAnswer,
  withHeaders,
} from "./fake-upstream/answer.ts";
export * as chatCompletions from "./fake-upstream/answers/chat-completions.ts";
export * as messages from "./fake-upstream/answers/messages.ts";
export * as responses from "./fake-upstream/answers/responses.ts";
export type { UpstreamCall } from "./fake-upstream/call.ts";
export { jsonOf } from "./fake-upstream/problems.ts";
export type { Closing, ReceivedRequest } from "./fake-upstream/received.ts";
export type { Route } from "./fake-upstream/route.ts";
export { dataEvent, namedEvent } from "./fake-upstream/sse.ts";
export {
  type FakeUpstream,
  type FakeUpstreamOptions,
  type Script,
  startFakeUpstream,
} from "./fake-upstream/start.ts";
export { cannedText, type ToolCall } from "./fake-upstream/tool-call.ts";
