import { randomUUID } from "node:crypto";
import type { Secret } from "@aibridge/secret";
import { authenticate, authModeOf, type Claim, claimOf } from "./authenticate.ts";
import { errorBody } from "./error-format.ts";
import type { Exchange } from "./exchange.ts";
import { headerValue } from "./headers.ts";
import { GatewayKeyRefusedError, NotAuthorizedError } from "./identity/authorizer.ts";
import type { Liveness } from "./identity/liveness.ts";
import { hideKeys } from "./key-forms.ts";
import type { RequestLimits } from "./limits/request-limits.ts";
import type { Log } from "./log.ts";
import { secretPart } from "./our-credential.ts";
import type { HandlerPool, Lease } from "./pool.ts";
import { type ProviderSet, providerOf } from "./providers/routes.ts";
import { cutBy, Refusal } from "./refusal.ts";
import type { AuthMode } from "./strip.ts";
import type { RequestTelemetry, Telemetry } from "./telemetry/telemetry.ts";

export interface ServerOptions {
  readonly liveness: Liveness;
  readonly pool: HandlerPool;
  /** The providers of the current configuration: an answer's format depends on them. */
  readonly providers: () => ProviderSet;
  /** Why nobody can be served right now; undefined in good times. */
  readonly unavailable: () => "draining" | "overloaded" | "authorizer_unavailable" | undefined;
  /** How much one caller may ask for; undefined: as much as it likes. */
  readonly requestLimits: RequestLimits | undefined;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** Serves one exchange to its end. Never throws and never rejects. */
export type Serve = (exchange: Exchange) => Promise<void>;

/**
 * The door: who is it, and who serves them. The one place where a refused
 * caller's answer is written, and where a request is logged.
 */
export function createServer(options: ServerOptions): Serve {
  return async function serve(exchange) {
    const visit = beginVisit(exchange, options.telemetry);
    try {
      await admit(visit, options);
      logEnd(visit, options.log);
    } catch (error) {
      refuse(visit, error, options);
    }
    visit.telemetry.ended(exchange.response.status, cutBy(exchange.signal)?.reason);
  };
}

/** What the door knows of a request as it goes along. */
interface Visit {
  readonly exchange: Exchange;
  readonly authMode: AuthMode;
  readonly requestId: string;
  /** On the clock of `performance.now`. */
  readonly arrivedAt: number;
  /** What every log line of the request bears. */
  readonly logFields: LogFields;
  readonly telemetry: RequestTelemetry;
}

/** Named as wire.md, section 3, names them. */
interface LogFields {
  readonly method: string;
  readonly path: string;
  readonly request_id: string;
  /** The id by which a proxy before us knows the request. */
  readonly aibridgeproxy_id: string | undefined;
  readonly auth_mode: AuthMode;
  auth_delegated: boolean;
  source: string | null;
  user_id: string | undefined;
}

function beginVisit(exchange: Exchange, telemetry: Telemetry): Visit {
  const { method, target, headers, delegation } = exchange;
  const requestId = randomUUID();
  const authMode = authModeOf(headers);
  const correlationId = headerValue(headers, "x-coder-ai-governance-request-id");
  const logFields: LogFields = {
    method,
    path: hideKeys(target.split("?", 1)[0] ?? ""),
    request_id: requestId,
    aibridgeproxy_id: correlationId && hideKeys(correlationId),
    auth_mode: authMode,
    auth_delegated: delegation !== undefined,
    source: delegation?.source ?? null,
    user_id: undefined,
  };
  return {
    exchange,
    authMode,
    requestId,
    arrivedAt: performance.now(),
    logFields,
    telemetry: telemetry.requestStarted({ method, path: logFields.path, headers, requestId }),
  };
}

async function admit(visit: Visit, options: ServerOptions): Promise<void> {
  const { exchange, logFields } = visit;
  const unavailable = options.unavailable();
  if (unavailable) throw new Refusal(unavailable);
  if (isWebSocketUpgrade(exchange)) throw new Refusal("websocket_not_supported");

  const claim = claimOf(exchange);
  logFields.auth_delegated = claim.credential.kind === "key-id";
  logFields.source = claim.source === undefined ? null : hideKeys(claim.source);

  using admission = await authenticate(options.liveness, claim, exchange);
  const { caller } = admission;
  logFields.user_id = caller.userId;

  using _ = options.requestLimits && (await options.requestLimits.admit(caller));
  const { sessionKey, apiKeyId, userId: initiatorId } = caller;
  const identity = { sessionKey, apiKeyId, initiatorId };
  using lease = await acquire(options.pool, identity, exchange.signal);
  await lease.handler.handle({ ...visit, caller, secret: secretOf(claim) });
}

async function acquire(
  pool: HandlerPool,
  identity: Parameters<HandlerPool["acquire"]>[0],
  signal: AbortSignal,
): Promise<Lease> {
  try {
    return await pool.acquire(identity, signal);
  } catch (cause) {
    throw cutBy(signal) ?? new Refusal("handler_unavailable", { cause });
  }
}

/** The secret of ours that a claim came with, if any: no provider may see it. */
function secretOf({ credential }: Claim): string | undefined {
  const shown: Secret | undefined =
    credential.kind === "key" ? credential.key : credential.gatewayKey;
  return shown && secretPart(shown);
}

function isWebSocketUpgrade({ headers }: Exchange): boolean {
  return headerValue(headers, "upgrade")?.toLowerCase() === "websocket";
}

/** Answers with the refusal, in the format of the API being spoken. */
function refuse(visit: Visit, error: unknown, { log, providers }: ServerOptions): void {
  const { exchange, requestId } = visit;
  const { response } = exchange;
  const cut = cutBy(exchange.signal);
  if (exchange.signal.aborted && !cut) {
    response.fail(new Error("the client left"));
    logEnd(visit, log);
    return;
  }
  const refusal =
    cut ?? (error instanceof Refusal ? error : new Refusal("internal", { cause: error }));
  logRefusal(visit, refusal, log);
  if (response.status !== undefined) {
    response.fail(refusal);
    return;
  }
  const api = providerOf(providers(), exchange.target)?.type;
  const body = Buffer.from(errorBody(refusal, api, requestId));
  response.start(refusal.status, [
    "content-type",
    "application/json",
    "content-length",
    String(body.byteLength),
    "x-request-id",
    requestId,
    ...refusal.headers,
  ]);
  if (exchange.method !== "HEAD") response.write(body);
  response.end();
}

function logEnd({ exchange, arrivedAt, logFields }: Visit, log: Log): void {
  const { response, signal } = exchange;
  const fields = { ...logFields, status: response.status, duration_ms: durationMs(arrivedAt) };
  const cut = cutBy(signal);
  if (cut) log.warn({ ...fields, reason: cut.reason, ...causeFields(cut) }, "request cut");
  else log.info(fields, signal.aborted ? "client left" : "request served");
}

function logRefusal({ exchange, arrivedAt, logFields }: Visit, refusal: Refusal, log: Log): void {
  const { reason, status } = refusal;
  const duration_ms = durationMs(arrivedAt);
  const fields = { ...logFields, status, reason, duration_ms, ...causeFields(refusal) };
  const event = "request refused";
  // A bug of ours, or a gateway that coderd refuses: a person must act.
  if (reason === "internal") log.error(fields, event);
  // Clients probe with HEAD and no key: that is no attempt to get in.
  else if (reason === "missing_credential" && exchange.method === "HEAD") log.info(fields, event);
  else log.warn(fields, event);
}

/** Of a no, its reason; of a fault, all that is known. */
function causeFields({ cause, status }: Refusal): object {
  if (cause === undefined) return {};
  if (cause instanceof NotAuthorizedError || cause instanceof GatewayKeyRefusedError) {
    return { auth_reason: cause.reason };
  }
  return status < 500 && cause instanceof Error ? { cause: cause.message } : { err: cause };
}

function durationMs(since: number): number {
  return Math.round((performance.now() - since) * 1_000) / 1_000;
}
