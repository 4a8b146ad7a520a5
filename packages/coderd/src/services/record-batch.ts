import { ProviderTypeSchema } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ContentPrivacySchema,
  CredentialKindSchema,
  type InterceptionEnded,
  InterceptionErrorTypeSchema,
  type InterceptionStarted,
  InterceptionStatus,
  InterceptionStatusSchema,
  type RecordEvent,
  type TokenUsage,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { timeMsOfId } from "../store/record/id-time.ts";
import type { EventColumns } from "../store/record/schema.ts";
import type { EndRow, StartRow } from "../store/record/write-batch.ts";
import { wordOf } from "./enum-words.ts";
import { isUuid } from "./validate.ts";

/** What decides which times are plausible. */
interface TimeBounds {
  readonly now: Date;
  /** 0: for ever. */
  readonly retentionDays: number;
}

const uuidV7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const dayMs = 24 * 3_600_000;
/** Clocks may differ. What is further ahead would make partitions for days that may never come. */
const daysAheadMax = 2;
/** A spool may be old, if coderd was away for long; but a partition is made for each of its days. */
const daysBackMax = 366;
const errorMessageLengthMax = 1_024;
/**
 * What is looked up by an index must fit into one: PostgreSQL refuses entries of
 * more than 2,704 bytes, and with one the batch. Clients choose these texts.
 */
const nameBytesMax = 256;
const referenceBytesMax = 512;
/** So many that their sums fit into 64 bits, and few enough to be exact as a number. */
const tokensMax = 1_000_000_000_000n;

/** Why an event is set aside. The message is for the gateway's log: it quotes nothing. */
class MalformedError extends Error {}

/** Sorts the events of a request by kind, and sets aside what is malformed. */
export function batchFrom(events: readonly RecordEvent[], bounds: TimeBounds) {
  const batch: Batch = {
    starts: [],
    ends: [],
    tokenUsages: [],
    prompts: [],
    toolUsages: [],
    modelThoughts: [],
  };
  const rejected: { id: string; reason: string }[] = [];
  for (const event of events) {
    try {
      add(batch, event, timeFrom(event, bounds));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      rejected.push({ id: event.id, reason: error.message });
    }
  }
  return { batch, rejected };
}

type Batch = {
  readonly starts: StartRow[];
  readonly ends: EndRow[];
  readonly tokenUsages: ReturnType<typeof tokenUsageFrom>[];
  readonly prompts: (EventColumns & { text: string; privacy: string })[];
  readonly toolUsages: (EventColumns & ToolUsageFields)[];
  readonly modelThoughts: (EventColumns & { kind: string; text: string; privacy: string })[];
};

interface ToolUsageFields {
  readonly providerToolCallId: string;
  readonly tool: string;
  readonly arguments: string;
  readonly privacy: string;
  readonly injected: boolean;
  readonly serverUrl: string;
  readonly invocationError: string;
}

function add(batch: Batch, { id, interceptionId, event }: RecordEvent, time: Date): void {
  const of = (providerResponseId: string) => ({ interceptionId, id, time, providerResponseId });
  const privacyOf = (value: number) => wordOf(ContentPrivacySchema, value);
  switch (event.case) {
    case "started":
      batch.starts.push({ id: interceptionId, ...startFrom(event.value, time) });
      return;
    case "ended":
      batch.ends.push({ id: interceptionId, ...endFrom(event.value, time) });
      return;
    case "tokenUsage":
      batch.tokenUsages.push(tokenUsageFrom(of(event.value.providerResponseId), event.value));
      return;
    case "prompt": {
      const { providerResponseId, text, privacy } = event.value;
      batch.prompts.push({ ...of(providerResponseId), text, privacy: privacyOf(privacy) });
      return;
    }
    case "toolUsage": {
      const { $typeName, $unknown, providerResponseId, privacy, ...fields } = event.value;
      batch.toolUsages.push({
        ...of(providerResponseId),
        ...fields,
        providerToolCallId: cut(fields.providerToolCallId, referenceBytesMax),
        privacy: privacyOf(privacy),
      });
      return;
    }
    case "modelThought": {
      const { providerResponseId, kind, text, privacy } = event.value;
      const content = { kind, text, privacy: privacyOf(privacy) };
      batch.modelThoughts.push({ ...of(providerResponseId), ...content });
      return;
    }
    default:
      throw new MalformedError("no event is set that this coderd knows");
  }
}

/** The event's time, once its ids and times are found to be plausible. */
function timeFrom({ id, interceptionId, time }: RecordEvent, bounds: TimeBounds): Date {
  const { now, retentionDays } = bounds;
  require(isUuid(id), "id must be a UUID");
  require(uuidV7Pattern.test(interceptionId), "interception_id must be a UUIDv7");
  require(time !== undefined, "time must be set");
  const latestMs = now.getTime() + daysAheadMax * dayMs;
  const daysBack = retentionDays === 0 ? daysBackMax : Math.min(daysBackMax, retentionDays);
  const earliestMs = now.getTime() - daysBack * dayMs;
  for (const [name, ms] of [
    ["interception_id", timeMsOfId(interceptionId)],
    ["time", timestampMs(time)],
  ] as const) {
    require(ms <= latestMs, `${name} is more than ${daysAheadMax} days ahead`);
    require(ms >= earliestMs, `${name} is more than ${daysBack} days back`);
  }
  return new Date(timestampMs(time));
}

function startFrom(started: InterceptionStarted, startTime: Date) {
  const { $typeName, $unknown, providerType, credentialKind, ...fields } = started;
  require(isUuid(fields.initiatorId), "started.initiator_id must be a UUID");
  return {
    ...fields,
    startTime,
    providerName: cut(fields.providerName, nameBytesMax),
    model: cut(fields.model, nameBytesMax),
    client: cut(fields.client, nameBytesMax),
    clientSessionId: cut(fields.clientSessionId, referenceBytesMax),
    correlatingToolCallId: cut(fields.correlatingToolCallId, referenceBytesMax),
    providerType: wordOf(ProviderTypeSchema, providerType),
    credentialKind: wordOf(CredentialKindSchema, credentialKind),
  };
}

function endFrom(ended: InterceptionEnded, endTime: Date) {
  const { $typeName, $unknown, status, errorType, errorMessage, ...fields } = ended;
  const isKnown = InterceptionStatusSchema.value[status] !== undefined;
  require(isKnown && status !== InterceptionStatus.UNSPECIFIED, "ended.status must be set");
  return {
    ...fields,
    endTime,
    status: wordOf(InterceptionStatusSchema, status),
    errorType: wordOf(InterceptionErrorTypeSchema, errorType),
    // To cut it is better than to have no end.
    errorMessage: Array.from(errorMessage).slice(0, errorMessageLengthMax).join(""),
  };
}

function tokenUsageFrom(event: EventColumns, usage: TokenUsage) {
  const { $typeName, $unknown, extraTokens, ...fields } = usage;
  const counters = [
    fields.inputTokens,
    fields.outputTokens,
    fields.cacheReadTokens,
    fields.cacheWriteTokens,
    ...Object.values(extraTokens),
  ];
  require(counters.every(isCount), `token_usage must count 0 to ${tokensMax} tokens`);
  const extra = Object.entries(extraTokens).map(([path, count]) => [path, Number(count)]);
  return { ...fields, ...event, extraTokens: Object.fromEntries(extra) as Record<string, number> };
}

/** The text, or as much of its beginning as fits, in whole characters of UTF-8. */
function cut(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // A character that is cut in two stays in the decoder.
  return decoder.decode(bytes.subarray(0, bytesMax), { stream: true });
}

function isCount(tokens: bigint): boolean {
  return tokens >= 0n && tokens <= tokensMax;
}

function require(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new MalformedError(reason);
}
