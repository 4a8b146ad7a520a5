import type {
  InterceptionEnded,
  InterceptionErrorType,
  InterceptionStarted,
  InterceptionStatus,
  ContentPrivacy as Privacy,
  RecordEvent,
  TokenUsage,
} from "@aibridge/aibridge";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ContentPrivacy,
  CredentialKind,
  InterceptionErrorType as ErrorTypeMessage,
  type InterceptionEndedSchema,
  type InterceptionStartedSchema,
  type RecordEventSchema,
  InterceptionStatus as StatusMessage,
  type TokenUsageSchema,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";

/**
 * An event as coderd takes it, field by field. Durations become microseconds.
 *
 * @throws RangeError if a number is none that the message can hold.
 */
export function messageFromEvent(event: RecordEvent): MessageInitShape<typeof RecordEventSchema> {
  const { id, interceptionId, time } = event;
  return { id, interceptionId, time: timestampFromDate(time), event: contentFrom(event) };
}

type Content = NonNullable<MessageInitShape<typeof RecordEventSchema>["event"]>;

function contentFrom(event: RecordEvent): Content {
  switch (event.kind) {
    case "started":
      return { case: "started", value: startedFrom(event.started) };
    case "token_usage":
      return { case: "tokenUsage", value: tokenUsageFrom(event.tokenUsage) };
    case "prompt": {
      const { providerResponseId, text, privacy } = event.prompt;
      return { case: "prompt", value: { providerResponseId, text, privacy: privacies[privacy] } };
    }
    case "tool_usage": {
      const { privacy, ...rest } = event.toolUsage;
      return { case: "toolUsage", value: { ...rest, privacy: privacies[privacy] } };
    }
    case "model_thought": {
      const { providerResponseId, thoughtKind, text, privacy } = event.modelThought;
      const value = { providerResponseId, kind: thoughtKind, text, privacy: privacies[privacy] };
      return { case: "modelThought", value };
    }
    case "ended":
      return { case: "ended", value: endedFrom(event.ended) };
  }
}

function startedFrom(
  started: InterceptionStarted,
): MessageInitShape<typeof InterceptionStartedSchema> {
  const { providerType, credentialKind, metadata, ...rest } = started;
  return {
    ...rest,
    providerType: providerTypes[providerType],
    credentialKind: credentialKinds[credentialKind],
    metadata: { ...metadata },
  };
}

function tokenUsageFrom(usage: TokenUsage): MessageInitShape<typeof TokenUsageSchema> {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, extraTokens, ...rest } =
    usage;
  const extra = Object.entries(extraTokens).map(([name, count]) => [name, int64From(count)]);
  return {
    ...rest,
    inputTokens: int64From(inputTokens),
    outputTokens: int64From(outputTokens),
    cacheReadTokens: int64From(cacheReadTokens),
    cacheWriteTokens: int64From(cacheWriteTokens),
    extraTokens: Object.fromEntries(extra),
  };
}

function endedFrom(ended: InterceptionEnded): MessageInitShape<typeof InterceptionEndedSchema> {
  const { status, errorType, errorMessage, upstreamStatus, upstreamRequestId } = ended;
  return {
    status: statuses[status],
    errorType: errorType ? errorTypes[errorType] : ErrorTypeMessage.UNSPECIFIED,
    errorMessage,
    upstreamStatus: upstreamStatus ?? 0,
    upstreamRequestId,
    timeToFirstByteUs: microsecondsFrom(ended.timeToFirstByteMs),
    gatewayOverheadUs: microsecondsFrom(ended.gatewayOverheadMs),
  };
}

function microsecondsFrom(ms: number | undefined): bigint {
  return ms === undefined ? 0n : int64From(Math.round(ms * 1_000));
}

/** Counters come from providers, who may say anything. */
function int64From(count: number): bigint {
  if (!Number.isSafeInteger(count)) throw new RangeError(`not a whole number: ${count}`);
  return BigInt(count);
}

const providerTypes: Record<InterceptionStarted["providerType"], ProviderType> = {
  anthropic: ProviderType.ANTHROPIC,
  openai: ProviderType.OPENAI,
};

const credentialKinds: Record<InterceptionStarted["credentialKind"], CredentialKind> = {
  centralized: CredentialKind.CENTRALIZED,
  byok: CredentialKind.BYOK,
};

const privacies: Record<Privacy, ContentPrivacy> = {
  full: ContentPrivacy.FULL,
  hash: ContentPrivacy.HASH,
  off: ContentPrivacy.OFF,
};

const statuses: Record<InterceptionStatus, StatusMessage> = {
  completed: StatusMessage.COMPLETED,
  failed: StatusMessage.FAILED,
  cancelled: StatusMessage.CANCELLED,
  interrupted: StatusMessage.INTERRUPTED,
};

const errorTypes: Record<InterceptionErrorType, ErrorTypeMessage> = {
  bad_request: ErrorTypeMessage.BAD_REQUEST,
  unauthorized: ErrorTypeMessage.UNAUTHORIZED,
  rate_limited: ErrorTypeMessage.RATE_LIMITED,
  overloaded: ErrorTypeMessage.OVERLOADED,
  server_error: ErrorTypeMessage.SERVER_ERROR,
  timeout: ErrorTypeMessage.TIMEOUT,
  unknown: ErrorTypeMessage.UNKNOWN,
};
