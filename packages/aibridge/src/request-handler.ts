import type { Caller } from "./authenticate.ts";
import type { Exchange } from "./exchange.ts";
import type { AuthMode } from "./strip.ts";
import type { RequestTelemetry } from "./telemetry/telemetry.ts";

/** What serves the requests of one user and key. */
export interface RequestHandler {
  /** Serves one request to its end. @throws Refusal while nothing was answered. */
  handle(request: AdmittedRequest): Promise<void>;
  /** Called once, when nobody uses it any more. */
  close(): Promise<void>;
}

/** A request that the door let in. */
export interface AdmittedRequest {
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly authMode: AuthMode;
  /** The secret of ours that came with it, which no provider may see. */
  readonly secret: string | undefined;
  readonly requestId: string;
  /** On the clock of `performance.now`. */
  readonly arrivedAt: number;
  /** What every log line of the request bears. */
  readonly logFields: object;
  /** Who measures and traces this request. */
  readonly telemetry: RequestTelemetry;
}
