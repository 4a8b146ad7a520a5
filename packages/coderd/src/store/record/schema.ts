/**
 * The tables of the record. Ids are UUIDs; those of interceptions hold the time
 * (UUIDv7). Words such as a status are the names of the values in proto/, in
 * lower case and without prefix; "unspecified" where there is none.
 */
export interface RecordSchema {
  readonly interceptions: InterceptionsTable;
  readonly tokenUsages: TokenUsagesTable;
  readonly prompts: PromptsTable;
  readonly toolUsages: ToolUsagesTable;
  readonly modelThoughts: ModelThoughtsTable;
  readonly sessions: SessionsTable;
  readonly sessionFacets: SessionFacetsTable;
  readonly usageHours: UsageTable;
  readonly usageDays: UsageTable;
}

/** The four counters that are added up. */
export interface TokenTotals {
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly cacheReadTokens: bigint;
  readonly cacheWriteTokens: bigint;
}

/** What a start tells. */
export interface StartColumns {
  readonly startTime: Date;
  readonly initiatorId: string;
  readonly apiKeyId: string;
  readonly providerType: string;
  readonly providerName: string;
  readonly model: string;
  readonly client: string;
  readonly clientSessionId: string;
  readonly userAgent: string;
  readonly correlatingToolCallId: string;
  readonly credentialKind: string;
  readonly credentialHint: string;
  readonly source: string;
  readonly delegated: boolean;
  readonly streaming: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where an interception belongs. */
export interface ThreadColumns {
  readonly sessionId: string;
  readonly parentId: string | null;
  readonly rootId: string;
}

/** What an end tells. */
export interface EndColumns {
  readonly endTime: Date;
  readonly status: string;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly upstreamStatus: number;
  readonly upstreamRequestId: string;
  readonly timeToFirstByteUs: bigint;
  readonly gatewayOverheadUs: bigint;
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

/**
 * Null is what no event told yet. The totals are the sums of its token usages.
 * `replacedStatus` is that of the end which the present one took the place of.
 */
type InterceptionsTable = { readonly id: string } & Nullable<StartColumns> &
  Nullable<ThreadColumns> &
  Nullable<EndColumns> &
  TokenTotals & { readonly replacedStatus: string | null };

/** What all that happens in an interception has. */
export interface EventColumns {
  readonly interceptionId: string;
  /** The id of the event. */
  readonly id: string;
  readonly time: Date;
  readonly providerResponseId: string;
}

export interface TokenUsagesTable extends EventColumns, TokenTotals {
  readonly model: string;
  readonly extraTokens: Readonly<Record<string, number>>;
  readonly rawUsage: string;
  readonly serviceTier: string;
  readonly partial: boolean;
}

export interface PromptsTable extends EventColumns {
  readonly text: string;
  readonly privacy: string;
}

export interface ToolUsagesTable extends EventColumns {
  readonly providerToolCallId: string;
  readonly tool: string;
  readonly arguments: string;
  readonly privacy: string;
  readonly injected: boolean;
  readonly serverUrl: string;
  readonly invocationError: string;
}

export interface ModelThoughtsTable extends EventColumns {
  readonly kind: string;
  readonly text: string;
  readonly privacy: string;
}

export interface SessionsTable extends TokenTotals {
  readonly id: string;
  readonly userId: string;
  readonly client: string;
  readonly clientSessionId: string;
  readonly startTime: Date;
  readonly lastActiveTime: Date;
  readonly interceptions: bigint;
}

/** How many interceptions of a session have something that it can be selected by. */
export interface SessionFacetsTable {
  readonly sessionId: string;
  /** As `facetOf` in facets.ts writes it. */
  readonly facet: string;
  readonly interceptions: bigint;
  /** Its session's. */
  readonly lastActiveTime: Date;
}

/** What was used by interceptions that began in an hour, or a day, of UTC. */
export interface UsageTable extends TokenTotals {
  /** The least id of the day that the interceptions' ids hold: names the partition. */
  readonly firstId: string;
  /** When the hour, or the day, begins. */
  readonly startTime: Date;
  readonly userId: string;
  readonly model: string;
  readonly providerName: string;
  readonly client: string;
  readonly interceptions: bigint;
}
