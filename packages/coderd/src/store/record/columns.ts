import type { ColumnTypes } from "./insert-rows.ts";
import type {
  EndColumns,
  EventColumns,
  ModelThoughtsTable,
  PromptsTable,
  SessionFacetsTable,
  SessionsTable,
  StartColumns,
  ThreadColumns,
  TokenTotals,
  TokenUsagesTable,
  ToolUsagesTable,
  UsageTable,
} from "./schema.ts";

const event: ColumnTypes<EventColumns> = {
  interceptionId: "uuid",
  id: "uuid",
  time: "timestamptz",
  providerResponseId: "text",
};

export const totalsColumns: ColumnTypes<TokenTotals> = {
  inputTokens: "bigint",
  outputTokens: "bigint",
  cacheReadTokens: "bigint",
  cacheWriteTokens: "bigint",
};

export const startColumns: ColumnTypes<StartColumns & ThreadColumns> = {
  startTime: "timestamptz",
  initiatorId: "uuid",
  apiKeyId: "text",
  providerType: "text",
  providerName: "text",
  model: "text",
  client: "text",
  clientSessionId: "text",
  userAgent: "text",
  correlatingToolCallId: "text",
  credentialKind: "text",
  credentialHint: "text",
  source: "text",
  delegated: "boolean",
  streaming: "boolean",
  metadata: "jsonb",
  sessionId: "uuid",
  parentId: "uuid",
  rootId: "uuid",
};

export const endColumns: ColumnTypes<EndColumns> = {
  endTime: "timestamptz",
  status: "text",
  errorType: "text",
  errorMessage: "text",
  upstreamStatus: "integer",
  upstreamRequestId: "text",
  timeToFirstByteUs: "bigint",
  gatewayOverheadUs: "bigint",
};

export const tokenUsageColumns: ColumnTypes<TokenUsagesTable> = {
  ...event,
  ...totalsColumns,
  model: "text",
  extraTokens: "jsonb",
  rawUsage: "text",
  serviceTier: "text",
  partial: "boolean",
};

export const promptColumns: ColumnTypes<PromptsTable> = {
  ...event,
  text: "text",
  privacy: "text",
};

export const toolUsageColumns: ColumnTypes<ToolUsagesTable> = {
  ...event,
  providerToolCallId: "text",
  tool: "text",
  arguments: "text",
  privacy: "text",
  injected: "boolean",
  serverUrl: "text",
  invocationError: "text",
};

export const modelThoughtColumns: ColumnTypes<ModelThoughtsTable> = {
  ...event,
  kind: "text",
  text: "text",
  privacy: "text",
};

export const sessionColumns: ColumnTypes<SessionsTable> = {
  id: "uuid",
  userId: "uuid",
  client: "text",
  clientSessionId: "text",
  startTime: "timestamptz",
  lastActiveTime: "timestamptz",
  interceptions: "bigint",
  ...totalsColumns,
};

export const sessionFacetColumns: ColumnTypes<SessionFacetsTable> = {
  sessionId: "uuid",
  facet: "text",
  interceptions: "bigint",
  lastActiveTime: "timestamptz",
};

export const usageTableColumns: ColumnTypes<UsageTable> = {
  firstId: "uuid",
  startTime: "timestamptz",
  userId: "uuid",
  model: "text",
  providerName: "text",
  client: "text",
  interceptions: "bigint",
  ...totalsColumns,
};
