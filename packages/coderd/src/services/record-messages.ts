import {
  InterceptionDetailSchema,
  InterceptionSchema,
} from "@aibridge/proto/coder/aibridge/v1/interception";
import { ProviderTypeSchema } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ContentPrivacySchema,
  CredentialKindSchema,
  InterceptionEndedSchema,
  InterceptionErrorTypeSchema,
  InterceptionStartedSchema,
  InterceptionStatusSchema,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionSchema } from "@aibridge/proto/coder/aibridge/v1/session";
import { create } from "@bufbuild/protobuf";
import type { InterceptionDetail, InterceptionRow } from "../store/record/read-interceptions.ts";
import type { SessionRow } from "../store/record/read-sessions.ts";
import type { TokenTotals } from "../store/record/schema.ts";
import { enumValueOf } from "./enum-words.ts";
import { timestampOf } from "./timestamps.ts";

/** The message for an interception. */
export function interceptionMessage(row: InterceptionRow) {
  return create(InterceptionSchema, {
    id: row.id,
    sessionId: row.sessionId,
    parentId: row.parentId ?? "",
    rootId: row.rootId,
    startTime: timestampOf(row.startTime),
    endTime: timestampOf(row.endTime),
    started: startedOf(row),
    ...(row.status !== null && { ended: endedOf(row) }),
  });
}

/** The message for an interception and what happened in it. */
export function detailMessage(detail: InterceptionDetail) {
  const withPrivacy = <Row extends { privacy: string }>(row: Row) => ({
    ...row,
    privacy: enumValueOf(ContentPrivacySchema, row.privacy),
  });
  return create(InterceptionDetailSchema, {
    interception: interceptionMessage(detail.interception),
    tokenUsages: detail.tokenUsages.map(({ extraTokens, ...usage }) => ({
      ...withoutKeys(usage),
      extraTokens: Object.fromEntries(
        Object.entries(extraTokens).map(([path, count]) => [path, BigInt(count)]),
      ),
    })),
    prompts: detail.prompts.map((row) => withPrivacy(withoutKeys(row))),
    toolUsages: detail.toolUsages.map((row) => withPrivacy(withoutKeys(row))),
    modelThoughts: detail.modelThoughts.map((row) => withPrivacy(withoutKeys(row))),
  });
}

/** The message for a session. */
export function sessionMessage(row: SessionRow) {
  return create(SessionSchema, {
    id: row.id,
    userId: row.userId,
    client: row.client,
    clientSessionId: row.clientSessionId,
    startTime: timestampOf(row.startTime),
    lastActiveTime: timestampOf(row.lastActiveTime),
    interceptions: row.interceptions,
    usage: totalsOf(row),
  });
}

/** The fields of `UsageTotals`. */
export function totalsOf(row: TokenTotals & { interceptions: bigint }) {
  return {
    interceptions: row.interceptions,
    inputTokens: row.inputTokens,
    outputTokens: row.outputTokens,
    cacheReadTokens: row.cacheReadTokens,
    cacheWriteTokens: row.cacheWriteTokens,
  };
}

function startedOf(row: InterceptionRow) {
  return create(InterceptionStartedSchema, {
    initiatorId: row.initiatorId,
    apiKeyId: row.apiKeyId,
    providerType: enumValueOf(ProviderTypeSchema, row.providerType),
    providerName: row.providerName,
    model: row.model,
    client: row.client,
    clientSessionId: row.clientSessionId,
    userAgent: row.userAgent,
    correlatingToolCallId: row.correlatingToolCallId,
    credentialKind: enumValueOf(CredentialKindSchema, row.credentialKind),
    credentialHint: row.credentialHint,
    source: row.source,
    delegated: row.delegated,
    streaming: row.streaming,
    metadata: { ...row.metadata },
  });
}

function endedOf(row: InterceptionRow) {
  return create(InterceptionEndedSchema, {
    status: enumValueOf(InterceptionStatusSchema, row.status),
    errorType: enumValueOf(InterceptionErrorTypeSchema, row.errorType),
    errorMessage: row.errorMessage ?? "",
    upstreamStatus: row.upstreamStatus ?? 0,
    upstreamRequestId: row.upstreamRequestId ?? "",
    timeToFirstByteUs: row.timeToFirstByteUs ?? 0n,
    gatewayOverheadUs: row.gatewayOverheadUs ?? 0n,
  });
}

/** What messages have no field for: they are inside that of the interception. */
function withoutKeys<Row extends { id: string; interceptionId: string; time: Date }>(row: Row) {
  const { id, interceptionId, time, ...fields } = row;
  return fields;
}
