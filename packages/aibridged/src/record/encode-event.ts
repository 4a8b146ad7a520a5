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
  InterceptionStatus as StatusMessage,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { FieldWriter } from "./field-writer.ts";

const writer = new FieldWriter();

/**
 * An event as a `RecordEvent` of recorder.proto, whose field numbers these are,
 * behind its length, and that behind `headroom` bytes for the caller to fill. By
 * hand, because four of them for each request are what the record costs:
 * protobuf-es takes several times as long, and first wants a message made of the
 * event. Durations become microseconds.
 *
 * @throws RangeError if a number is none that the message can hold.
 */
export function encodeEvent(event: RecordEvent, headroom = 0): Buffer {
  return writer.message(headroom, writeEvent, event);
}

function writeEvent(event: RecordEvent): void {
  writer.text(1, event.id);
  writer.text(2, event.interceptionId);
  writer.nested(3, writeTimestamp, event.time);
  switch (event.kind) {
    case "started":
      writer.nested(10, writeStarted, event.started);
      break;
    case "token_usage":
      writer.nested(11, writeTokenUsage, event.tokenUsage);
      break;
    case "prompt":
      writer.nested(12, writePrompt, event.prompt);
      break;
    case "tool_usage":
      writer.nested(13, writeToolUsage, event.toolUsage);
      break;
    case "model_thought":
      writer.nested(14, writeModelThought, event.modelThought);
      break;
    case "ended":
      writer.nested(15, writeEnded, event.ended);
      break;
  }
}

type EventOf<Kind> = Extract<RecordEvent, { kind: Kind }>;

/** A google.protobuf.Timestamp. */
function writeTimestamp(time: Date): void {
  const ms = time.getTime();
  const seconds = Math.floor(ms / 1_000);
  writer.count(1, seconds);
  writer.count(2, (ms - seconds * 1_000) * 1_000_000);
}

function writeStarted(started: InterceptionStarted): void {
  writer.text(1, started.initiatorId);
  writer.text(2, started.apiKeyId);
  writer.count(3, providerTypes[started.providerType]);
  writer.text(4, started.providerName);
  writer.text(5, started.model);
  writer.text(6, started.client);
  writer.text(7, started.clientSessionId);
  writer.text(8, started.userAgent);
  writer.text(9, started.correlatingToolCallId);
  writer.count(10, credentialKinds[started.credentialKind]);
  writer.text(11, started.credentialHint);
  writer.text(12, started.source);
  writer.flag(13, started.delegated);
  writer.flag(14, started.streaming);
  for (const entry of Object.entries(started.metadata)) writer.nested(15, writeText, entry);
}

/** One entry of a map. */
function writeText([name, value]: readonly [string, string]): void {
  writer.text(1, name);
  writer.text(2, value);
}

function writeTokenUsage(usage: TokenUsage): void {
  writer.text(1, usage.providerResponseId);
  writer.text(2, usage.model);
  writer.count(3, usage.inputTokens);
  writer.count(4, usage.outputTokens);
  writer.count(5, usage.cacheReadTokens);
  writer.count(6, usage.cacheWriteTokens);
  for (const entry of Object.entries(usage.extraTokens)) writer.nested(7, writeCounter, entry);
  writer.text(8, usage.rawUsage);
  writer.text(9, usage.serviceTier);
  writer.flag(10, usage.partial);
}

/** One entry of a map. */
function writeCounter([name, tokens]: readonly [string, number]): void {
  writer.text(1, name);
  writer.count(2, tokens);
}

function writePrompt(prompt: EventOf<"prompt">["prompt"]): void {
  writer.text(1, prompt.providerResponseId);
  writer.text(2, prompt.text);
  writer.count(3, privacies[prompt.privacy]);
}

function writeToolUsage(usage: EventOf<"tool_usage">["toolUsage"]): void {
  writer.text(1, usage.providerResponseId);
  writer.text(2, usage.providerToolCallId);
  writer.text(3, usage.tool);
  writer.text(4, usage.arguments);
  writer.count(5, privacies[usage.privacy]);
  writer.flag(6, usage.injected);
  writer.text(7, usage.serverUrl);
  writer.text(8, usage.invocationError);
}

function writeModelThought(thought: EventOf<"model_thought">["modelThought"]): void {
  writer.text(1, thought.providerResponseId);
  writer.text(2, thought.thoughtKind);
  writer.text(3, thought.text);
  writer.count(4, privacies[thought.privacy]);
}

function writeEnded(ended: InterceptionEnded): void {
  writer.count(1, statuses[ended.status]);
  if (ended.errorType) writer.count(2, errorTypes[ended.errorType]);
  writer.text(3, ended.errorMessage);
  writer.count(4, ended.upstreamStatus ?? 0);
  writer.text(5, ended.upstreamRequestId);
  writer.count(6, Math.round((ended.timeToFirstByteMs ?? 0) * 1_000));
  writer.count(7, Math.round((ended.gatewayOverheadMs ?? 0) * 1_000));
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
