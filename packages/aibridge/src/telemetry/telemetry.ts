import type { RawHeaders } from "../headers.ts";
import type { ProviderType } from "../providers/provider.ts";
import type { InterceptionEnded, TokenUsage } from "../record/events.ts";
import type { RefusalReason } from "../refusal.ts";

/**
 * What the gateway tells of its work, to whoever measures or traces it. No
 * call may throw, wait or keep what it was given: they stand on the request
 * path. None is ever given a prompt, a tool's arguments, a thought or a
 * credential. Durations are in milliseconds.
 */
export interface Telemetry {
  /** A request came in. What it is told next is of this request. */
  requestStarted(start: RequestStart): RequestTelemetry;
  /** How full the spool is now. */
  spoolChanged(stats: SpoolStats): void;
  /** coderd took events, this long after the oldest of them happened. */
  eventsRecorded(lagMs: number): void;
  /** Events were lost. If this is ever called, a promise is broken. */
  eventsDropped(events: number): void;
}

/** A request at the door. */
export interface RequestStart {
  readonly method: string;
  /** Without its query, with keys hidden. */
  readonly path: string;
  /** As the client sent them: credentials included, so read no others than you need. */
  readonly headers: RawHeaders;
  readonly requestId: string;
}

/** What happens to one request, in the order it happens. */
export interface RequestTelemetry {
  /** It goes to this provider. Not called for requests that are refused before. */
  routed(route: RouteFacts): void;
  /** It is intercepted. Not called for what is passed through. */
  interceptionStarted(interception: InterceptionFacts): void;
  /** Rewrites, in place, the headers by which a provider may join our trace. */
  propagate(upstreamHeaders: string[]): void;
  /** The provider answered with this status. */
  upstreamResponded(status: number): void;
  /** The answer's first byte left, this long after the request came. */
  firstByte(timing: FirstByteTiming): void;
  /** A further chunk came, this long after the one before. */
  chunk(gapMs: number): void;
  /** A provider's answer said what it used. */
  tokens(usage: TokenUsage): void;
  /** The interception ended. Called once if it started. */
  interceptionEnded(end: Pick<InterceptionEnded, "status" | "errorType">): void;
  /**
   * The last call, always.
   *
   * @param status undefined: the client left before it got one.
   * @param cut why the gateway ended it while it ran; undefined if it did not.
   */
  ended(status: number | undefined, cut?: RefusalReason): void;
}

/** How a request is served. */
export type RouteName = "messages" | "chat-completions" | "responses" | "passthrough";

/** Where a request goes. */
export interface RouteFacts {
  /** A configured provider's, never a client's word. */
  readonly providerName: string;
  readonly route: RouteName;
}

/** What is known of an interception when it starts. */
export interface InterceptionFacts {
  readonly interceptionId: string;
  readonly providerType: ProviderType;
  /** The provider's, such as `https://api.openai.com`. */
  readonly origin: string;
  /** As the client named it; may be anything. */
  readonly model: string;
  readonly streaming: boolean;
  /** Empty if the client says none. */
  readonly clientSessionId: string;
}

/** When an answer's first byte came, counted from the request's arrival. */
export interface FirstByteTiming {
  readonly timeToFirstByteMs: number;
  /** What the gateway itself took of that; undefined if it isn't known. */
  readonly gatewayOverheadMs: number | undefined;
}

/** What waits in the spool. */
export interface SpoolStats {
  readonly events: number;
  readonly bytes: number;
  /** 0 if it is empty. */
  readonly oldestAgeMs: number;
}
