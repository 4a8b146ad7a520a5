import type { ProviderType } from "../providers/provider.ts";
import type { AuthMode } from "../strip.ts";

/** One thing that happened in an interception (wire.md, section 7). */
export type RecordEvent = {
  /** A UUIDv7, by which the event is known wherever it goes. */
  readonly id: string;
  /** A UUIDv7. */
  readonly interceptionId: string;
  readonly time: Date;
} & (
  | { readonly kind: "started"; readonly started: InterceptionStarted }
  | { readonly kind: "token_usage"; readonly tokenUsage: TokenUsage }
  | { readonly kind: "prompt"; readonly prompt: Prompt }
  | { readonly kind: "tool_usage"; readonly toolUsage: ToolUsage }
  | { readonly kind: "model_thought"; readonly modelThought: ModelThought }
  | { readonly kind: "ended"; readonly ended: InterceptionEnded }
);

/** What is known when a request is admitted. Texts are empty where there is nothing to say. */
export interface InterceptionStarted {
  readonly initiatorId: string;
  readonly apiKeyId: string;
  readonly providerType: ProviderType;
  readonly providerName: string;
  /** As the client named it. */
  readonly model: string;
  /** Which program asked, such as `Claude Code`, else `Unknown`. */
  readonly client: string;
  readonly clientSessionId: string;
  readonly userAgent: string;
  readonly correlatingToolCallId: string;
  readonly credentialKind: AuthMode;
  readonly credentialHint: string;
  readonly delegated: boolean;
  /** Which in-house caller delegated. */
  readonly source: string;
  readonly streaming: boolean;
  /** Of the actor; nothing sensitive. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What one answer of a provider used, as the provider said. */
export interface TokenUsage {
  readonly providerResponseId: string;
  /** The model that the provider says it used. */
  readonly model: string;
  /** Neither read from nor written to a cache. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Other counters, by the path of their field. */
  readonly extraTokens: Readonly<Record<string, number>>;
  /** The provider's usage object as received, in JSON. */
  readonly rawUsage: string;
  readonly serviceTier: string;
  /** The answer broke off, so more may have been used. */
  readonly partial: boolean;
}

/** How much of a text is kept: all, its SHA-256 in hexadecimal, or nothing. */
export type ContentPrivacy = "full" | "hash" | "off";

/** What the user asked last. */
interface Prompt {
  readonly providerResponseId: string;
  readonly text: string;
  readonly privacy: ContentPrivacy;
}

/** A call of a tool that the model made. */
export interface ToolUsage {
  readonly providerResponseId: string;
  readonly providerToolCallId: string;
  /** The tool's name, or the type of a tool that the provider hosts. */
  readonly tool: string;
  readonly arguments: string;
  readonly privacy: ContentPrivacy;
  /** Whether the gateway ran it; then where, and why that failed if it did. */
  readonly injected: boolean;
  readonly serverUrl: string;
  readonly invocationError: string;
}

/** What the model told of its thinking. */
export interface ModelThought {
  readonly providerResponseId: string;
  readonly thoughtKind: "thinking" | "reasoning_summary" | "commentary";
  readonly text: string;
  readonly privacy: ContentPrivacy;
}

export type InterceptionStatus = "completed" | "failed" | "cancelled" | "interrupted";

export type InterceptionErrorType =
  | "bad_request"
  | "unauthorized"
  | "rate_limited"
  | "overloaded"
  | "server_error"
  | "timeout"
  | "unknown";

/** How an interception ended. */
export interface InterceptionEnded {
  readonly status: InterceptionStatus;
  readonly errorType: InterceptionErrorType | undefined;
  /** 1,024 characters at most; empty if nothing went wrong. */
  readonly errorMessage: string;
  /** Undefined if the provider sent no status. */
  readonly upstreamStatus: number | undefined;
  readonly upstreamRequestId: string;
  /** From the request's arrival to the provider's first byte. */
  readonly timeToFirstByteMs: number | undefined;
  /** What the gateway itself took of that. */
  readonly gatewayOverheadMs: number | undefined;
}
