import { parseJsonBody, RequestBody, readBody } from "./body.ts";
import { filterHeaders } from "./headers.ts";
import { withIncludeUsage } from "./intercept/chat-completions/include-usage.ts";
import { createUsageChunkFilter } from "./intercept/chat-completions/usage-chunk-filter.ts";
import type { Format } from "./intercept/format.ts";
import { Held } from "./intercept/held.ts";
import {
  type Interception,
  type InterceptOptions,
  intercept,
  logAgain,
} from "./intercept/intercept.ts";
import type { Toolbox } from "./mcp/toolbox.ts";
import { refuseSecretIn } from "./our-credential.ts";
import type { Provider } from "./providers/provider.ts";
import { type ProviderSet, type Route, routeFor } from "./providers/routes.ts";
import { upstreamCredentialOf } from "./providers/upstream-credential.ts";
import { Refusal } from "./refusal.ts";
import { relay, type UpstreamRequest } from "./relay/relay.ts";
import type { AdmittedRequest, RequestHandler } from "./request-handler.ts";
import { forwardableHeaders } from "./strip.ts";
import type { Deferred } from "./tool-loop/deferred-id.ts";
import { type OfferedTools, prepareToolRun } from "./tool-loop/prepare.ts";
import { restoreIds } from "./tool-loop/restore-ids.ts";

export interface BridgeOptions extends InterceptOptions {
  readonly bodyBytesMax: number;
  /**
   * The caller's MCP tools; undefined for who has no servers: then nothing is
   * looked for in a request or added to it. Asked anew for each request.
   */
  readonly toolbox?: () => Toolbox | undefined;
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
      const { provider, format } = route;
      const routeName = format?.name ?? "passthrough";
      request.telemetry.routed({ providerName: provider.name, route: routeName });
      if (!provider.enabled) throw new Refusal("provider_disabled");
      if (provider.problem) throw new Refusal("provider_unusable");

      const { headers, credential } = upstreamHeaders(request, route);
      const body = await readBody(request.exchange, options.bodyBytesMax);
      if (request.secret) refuseSecretIn(request.secret, target, body);

      const { origin } = provider;
      const received = { origin, method, target: route.upstreamTarget, headers, body };
      const toolbox = options.toolbox?.();
      const { upstream, deferred } = toolbox ? withOwnIds(received) : untouched(received);
      if (!format) return passThrough(request, provider, upstream, options);
      const tools = toolbox ? await toolbox.tools(request.exchange.signal) : [];
      const { responseIds } = options;
      const offered = toolbox && { toolbox, tools, deferred, responseIds };
      const read = readRequest(format, upstream, offered);
      await intercept(request, { ...read, provider, format, credential }, options);
    },
    close: async () => {},
  };
}

async function passThrough(
  request: AdmittedRequest,
  provider: Provider,
  upstream: UpstreamRequest,
  options: BridgeOptions,
): Promise<void> {
  const { telemetry, logFields, authMode } = request;
  telemetry.propagate(upstream.headers);
  const dispatcher = options.upstreams.dispatcherFor({
    provider,
    authMode,
    model: undefined,
    repeatable: upstream.method === "GET" || upstream.method === "HEAD",
    signal: request.exchange.signal,
    onAgain: logAgain(request, options.log),
  });
  const end = await relay(dispatcher, upstream, request.exchange.response, {
    deadlines: options.deadlines,
    signal: request.exchange.signal,
    admission: undefined,
    ownHeaders: ["x-request-id", request.requestId],
    streamError: undefined,
  });
  if (end.upstreamStatus !== undefined) telemetry.upstreamResponded(end.upstreamStatus);
  if (end.error) options.log.warn({ ...logFields, err: end.error }, "answer broke off");
}

/** With the provider's own ids where the client has some that carry calls. */
function withOwnIds(received: UpstreamRequest) {
  const { body, deferred } = restoreIds(received.body.plain);
  return { upstream: withBody(received, body), deferred };
}

function untouched(upstream: UpstreamRequest) {
  return { upstream, deferred: noneDeferred };
}

const noneDeferred: ReadonlyMap<string, Deferred> = new Map();

/**
 * What the request says of itself, and how it is sent on. A function of its
 * own, so that nothing holds the parsed body while the answer streams.
 */
function readRequest(
  format: Format,
  received: UpstreamRequest,
  offered: OfferedTools | undefined,
): Pick<Interception, "facts" | "prompt" | "upstream" | "filter" | "toolRun"> {
  const parsed = parseJsonBody(received.body);
  const { prompt, model, streaming, correlatingToolCallId, metadataUserId } =
    format.requestFacts(parsed);
  const facts = { model, streaming, correlatingToolCallId, metadataUserId };
  const prepared = offered && prepareToolRun(received.body.plain, parsed, format, offered);
  const upstream = prepared ? withBody(received, prepared.body) : received;
  const asked = askForUsage(format, upstream, parsed);
  return { ...asked, facts, prompt: new Held(prompt), toolRun: prepared?.run };
}

/**
 * A chat stream tells what it used only if it was asked to. Where the client
 * did not ask, we do, and keep the answer to that from the client.
 */
function askForUsage(
  format: Format,
  upstream: UpstreamRequest,
  parsed: unknown,
): Pick<Interception, "upstream" | "filter"> {
  const untouched = { upstream, filter: undefined };
  if (format.name !== "chat-completions") return untouched;
  const { body, added } = withIncludeUsage(upstream.body.plain, parsed);
  if (!added) return untouched;
  return { upstream: withBody(upstream, body), filter: createUsageChunkFilter() };
}

/** With a body of other bytes, if they are: those are not compressed, whatever the first were. */
function withBody(upstream: UpstreamRequest, body: Buffer): UpstreamRequest {
  if (body === upstream.body.plain) return upstream;
  const headers = filterHeaders(upstream.headers, (name) => name !== "content-encoding");
  return { ...upstream, headers, body: new RequestBody(body) };
}

function upstreamHeaders(request: AdmittedRequest, route: Route) {
  const { authMode, secret, exchange } = request;
  const headers = forwardableHeaders(exchange.headers, authMode, secret);
  const credential = upstreamCredentialOf(headers, route.provider, authMode);
  // Identity: the bytes we relay are then the bytes that readers can read.
  headers.push("accept-encoding", "identity");
  return { headers, credential };
}

function routeNotSupported(method: string, target: string): Refusal {
  const path = target.split("?", 1)[0];
  return new Refusal("route_not_supported", { detail: `route not supported: ${method} ${path}` });
}
