import { randomUUIDv7 } from "node:crypto";
import type { Dispatcher } from "undici";
import { parseJsonBody, readBody } from "./body.ts";
import { headerValue } from "./headers.ts";
import type { RequestFacts } from "./intercept/format.ts";
import { hideKeys } from "./key-forms.ts";
import type { Log } from "./log.ts";
import { refuseSecretIn } from "./our-credential.ts";
import { type ProviderSet, type Route, routeFor } from "./providers/routes.ts";
import {
  type UpstreamCredential,
  withUpstreamCredential,
} from "./providers/upstream-credential.ts";
import type { InterceptionEnd, Recorder } from "./record/recorder.ts";
import { Refusal } from "./refusal.ts";
import {
  type RelayEnd,
  relay,
  type UpstreamDeadlines,
  type UpstreamRequest,
} from "./relay/relay.ts";
import type { AdmittedRequest, RequestHandler } from "./request-handler.ts";
import { forwardableHeaders } from "./strip.ts";

export interface BridgeOptions {
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  readonly recorder: Recorder;
  readonly deadlines: UpstreamDeadlines;
  readonly bodyBytesMax: number;
}

/**
 * Serves the requests of one caller against one configuration of providers:
 * routes each to its provider, intercepted and recorded or passed through.
 */
export function createBridge(providers: ProviderSet, options: BridgeOptions): RequestHandler {
  return {
    async handle(request) {
      const { method, target } = request.exchange;
      const route = routeFor(providers, method, target);
      if (!route) throw routeNotSupported(method, target);
      if (!route.provider.enabled) throw new Refusal("provider_disabled");

      const { headers, credential } = upstreamHeaders(request, route);
      const body = await readBody(request.exchange, options.bodyBytesMax);
      if (request.secret) refuseSecretIn(request.secret, target, body);

      const { origin } = route.provider;
      const upstream = { origin, method, target: route.upstreamTarget, headers, body };
      if (!route.format) return passThrough(request, upstream, options);
      const facts = route.format.requestFacts(parseJsonBody(body));
      await intercept(request, route, facts, upstream, credential, options);
    },
    close: async () => {},
  };
}

async function passThrough(
  request: AdmittedRequest,
  upstream: UpstreamRequest,
  options: BridgeOptions,
): Promise<void> {
  const end = await relay(options.dispatcher, upstream, request.exchange.response, {
    deadlines: options.deadlines,
    signal: request.exchange.signal,
    admission: undefined,
    ownHeaders: ["x-request-id", request.requestId],
    streamError: undefined,
  });
  logBreak(end, request, options.log);
}

/** Relays a request to a bridged route between its start and its end on record. */
async function intercept(
  request: AdmittedRequest,
  { provider, format }: Route,
  facts: RequestFacts,
  upstream: UpstreamRequest,
  credential: UpstreamCredential,
  options: BridgeOptions,
): Promise<void> {
  const { exchange, caller } = request;
  const id = randomUUIDv7();
  const admission = options.recorder
    .started({
      id,
      initiatorId: caller.userId,
      apiKeyId: caller.apiKeyId,
      providerType: provider.type,
      providerName: provider.name,
      model: facts.model,
      streaming: facts.streaming,
      userAgent: hideKeys(headerValue(exchange.headers, "user-agent") ?? ""),
      credentialKind: credential.kind,
      credentialHint: credential.hint,
      delegated: caller.delegated,
      source: caller.source,
      metadata: { Username: caller.username },
      startedAt: new Date(),
    })
    .catch((cause: unknown) => {
      throw new Refusal("record_unavailable", { cause });
    });

  const record = (end: EndFacts) => options.recorder.ended({ id, endedAt: new Date(), ...end });
  try {
    const end = await relay(options.dispatcher, upstream, exchange.response, {
      deadlines: options.deadlines,
      signal: exchange.signal,
      admission,
      ownHeaders: ["x-request-id", request.requestId],
      streamError: format?.streamError,
    });
    logBreak(end, request, options.log);
    record(endFacts(end, request.arrivedAt));
  } catch (error) {
    // The refusal is an answer too: it leaves after the start is durable.
    await admission;
    record({ ...endFacts(undefined, request.arrivedAt), errorMessage: messageOf(error) });
    throw error;
  }
}

function logBreak({ error }: RelayEnd, { logFields }: AdmittedRequest, log: Log): void {
  if (error) log.warn({ ...logFields, err: error }, "answer broke off");
}

type EndFacts = Omit<InterceptionEnd, "id" | "endedAt">;

function endFacts(end: RelayEnd | undefined, arrivedAt: number): EndFacts {
  const { status = "failed", upstreamStatus, firstByteAt, error } = end ?? {};
  const failed = upstreamStatus !== undefined && upstreamStatus >= 400;
  return {
    status: status === "completed" && failed ? "failed" : status,
    errorMessage: error && messageOf(error),
    upstreamStatus,
    timeToFirstByteMs: firstByteAt && firstByteAt - arrivedAt,
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1_024);
}

function upstreamHeaders(request: AdmittedRequest, route: Route) {
  const { authMode, secret, exchange } = request;
  const headers = forwardableHeaders(exchange.headers, authMode, secret);
  const credential = withUpstreamCredential(headers, route.provider, authMode);
  // Identity: the bytes we relay are then the bytes that readers can read.
  headers.push("accept-encoding", "identity");
  return { headers, credential };
}

function routeNotSupported(method: string, target: string): Refusal {
  const path = target.split("?", 1)[0];
  return new Refusal("route_not_supported", { detail: `route not supported: ${method} ${path}` });
}
