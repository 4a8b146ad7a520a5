import type { ProviderType } from "../providers/provider.ts";
import type { AuthMode } from "../strip.ts";

/**
 * Where evidence goes. Each admitted request to a bridged route is started
 * once and ended once.
 */
export interface Recorder {
  /**
   * Resolves when the start is durable: no byte of the answer leaves before
   * that. A rejection refuses the request (503), for what can't be recorded is
   * not served.
   */
  started(start: InterceptionStart): Promise<void>;
  /** Never throws and is not waited for: the answer has left already. */
  ended(end: InterceptionEnd): void;
}

/** What is known when a request is admitted (wire.md, section 7). */
export interface InterceptionStart {
  /** A UUIDv7. */
  readonly id: string;
  readonly initiatorId: string;
  readonly apiKeyId: string;
  readonly providerType: ProviderType;
  readonly providerName: string;
  readonly model: string;
  readonly streaming: boolean;
  /** Empty if the client sent none. */
  readonly userAgent: string;
  readonly credentialKind: AuthMode;
  readonly credentialHint: string;
  readonly delegated: boolean;
  readonly source: string | undefined;
  /** Of the actor; nothing sensitive. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly startedAt: Date;
}

type InterceptionStatus = "completed" | "failed" | "cancelled" | "interrupted";

/** How it ended. */
export interface InterceptionEnd {
  readonly id: string;
  readonly endedAt: Date;
  readonly status: InterceptionStatus;
  /** Our words, or the reason of our refusal; 1,024 characters at most. */
  readonly errorMessage: string | undefined;
  /** Undefined if the provider sent no status. */
  readonly upstreamStatus: number | undefined;
  /** From the request's arrival to the provider's first byte. */
  readonly timeToFirstByteMs: number | undefined;
}
