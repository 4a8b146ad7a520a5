import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ContentPrivacy,
  CredentialKind,
  type InterceptionEndedSchema,
  type InterceptionStartedSchema,
  InterceptionStatus,
  type RecordEventSchema,
  type TokenUsageSchema,
  type ToolUsageSchema,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";

/** An event as a test gives it. */
export type TestEvent = MessageInitShape<typeof RecordEventSchema>;

let lastNumber = 0;

/** A UUIDv7 of a time, each one greater than those before of the same time. */
export function testId(time: Date): string {
  lastNumber += 1;
  const hex = time.getTime().toString(16).padStart(12, "0");
  const number = lastNumber.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${number}`;
}

/** A start at the time of the interception's id. */
export function started(
  interceptionId: string,
  fields: MessageInitShape<typeof InterceptionStartedSchema>,
): TestEvent {
  const value = {
    apiKeyId: "AAAAAAAAAA",
    providerType: ProviderType.ANTHROPIC,
    providerName: "anthropic",
    model: "claude-a",
    client: "Claude Code",
    credentialKind: CredentialKind.CENTRALIZED,
    credentialHint: "sk-a...wxyz",
    streaming: true,
    ...fields,
  };
  return eventOf(interceptionId, { case: "started", value });
}

/** What an answer used: input, output, read from and written to the cache. */
export function used(
  interceptionId: string,
  [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens]: [bigint, bigint, bigint, bigint],
  fields: MessageInitShape<typeof TokenUsageSchema> = {},
): TestEvent {
  const counters = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
  return eventOf(interceptionId, { case: "tokenUsage", value: { ...counters, ...fields } });
}

/** A call of a tool. */
export function calledTool(
  interceptionId: string,
  providerToolCallId: string,
  fields: MessageInitShape<typeof ToolUsageSchema> = {},
): TestEvent {
  const value = { providerToolCallId, tool: "read", privacy: ContentPrivacy.FULL, ...fields };
  return eventOf(interceptionId, { case: "toolUsage", value });
}

/** An end, by default a good one. */
export function ended(
  interceptionId: string,
  fields: MessageInitShape<typeof InterceptionEndedSchema> = {},
): TestEvent {
  const value = { status: InterceptionStatus.COMPLETED, upstreamStatus: 200, ...fields };
  return eventOf(interceptionId, { case: "ended", value });
}

/** Any event, at the time of the interception's id. */
export function eventOf(interceptionId: string, event: NonNullable<TestEvent["event"]>): TestEvent {
  const time = new Date(Number.parseInt(interceptionId.replace("-", "").slice(0, 12), 16));
  return { id: testId(time), interceptionId, time: timestampFromDate(time), event };
}
