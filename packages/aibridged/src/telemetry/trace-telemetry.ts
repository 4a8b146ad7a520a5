import {
  hideKeys,
  type InterceptionEnded,
  type InterceptionFacts,
  type RequestStart,
  type RequestTelemetry,
  type RouteFacts,
  type RouteName,
  type Telemetry,
  type TokenUsage,
} from "@aibridge/aibridge";
import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { injectInto, parentFrom } from "./trace-context.ts";

/**
 * Telemetry as spans: one of kind SERVER for each request, by the HTTP
 * conventions, and below it for each interception one of kind CLIENT, by those
 * for generative AI. No prompt, answer, tool or credential is in any attribute.
 *
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 * https://github.com/open-telemetry/semantic-conventions-genai (in development:
 * names may change, so all of them stand in this file)
 */
export function createTraceTelemetry(tracer: Tracer): Telemetry {
  const nothing = () => {};
  return {
    requestStarted: (start) => new TracedRequest(tracer, start),
    spoolChanged: nothing,
    eventsRecorded: nothing,
    eventsDropped: nothing,
  };
}

class TracedRequest implements RequestTelemetry {
  readonly #tracer: Tracer;
  readonly #method: string;
  readonly #server: Span;
  readonly #context: Context;
  #client: Span | undefined;
  #startedAt = 0;
  #streaming = false;
  #used = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  #providerName = "";

  constructor(tracer: Tracer, { method, path, headers, requestId }: RequestStart) {
    this.#tracer = tracer;
    this.#method = methods.has(method) ? method : "_OTHER";
    const parent = parentFrom(headers);
    const name = this.#method === "_OTHER" ? "HTTP" : method;
    const attributes = {
      "http.request.method": this.#method,
      "url.path": bounded(path),
      "aibridge.request.id": requestId,
    };
    this.#server = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    this.#context = trace.setSpan(parent, this.#server);
  }

  routed({ providerName, route }: RouteFacts): void {
    this.#providerName = providerName;
    this.#server.setAttribute("http.route", routes[route]);
    this.#server.updateName(`${this.#method} ${routes[route]}`);
  }

  interceptionStarted(interception: InterceptionFacts): void {
    const attributes = {
      ...requestAttributes(interception),
      "aibridge.provider.name": this.#providerName,
    };
    const name = `chat ${bounded(interception.model)}`.trimEnd();
    const options = { kind: SpanKind.CLIENT, attributes };
    this.#startedAt = performance.now();
    this.#streaming = interception.streaming;
    this.#client = this.#tracer.startSpan(name, options, this.#context);
  }

  propagate(upstreamHeaders: string[]): void {
    const client = this.#client;
    injectInto(upstreamHeaders, client ? trace.setSpan(this.#context, client) : this.#context);
  }

  upstreamResponded(status: number): void {
    this.#client?.setAttribute("http.response.status_code", status);
  }

  firstByte(): void {
    if (!this.#streaming) return;
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    this.#client?.setAttribute("gen_ai.response.time_to_first_chunk", seconds);
  }

  chunk(): void {}

  tokens(usage: TokenUsage): void {
    // A tool loop has several answers: their tokens add up, the last one names itself.
    this.#used.input += usage.inputTokens;
    this.#used.output += usage.outputTokens;
    this.#used.cacheRead += usage.cacheReadTokens;
    this.#used.cacheWrite += usage.cacheWriteTokens;
    this.#client?.setAttributes({
      ...(usage.providerResponseId && { "gen_ai.response.id": bounded(usage.providerResponseId) }),
      ...(usage.model && { "gen_ai.response.model": bounded(usage.model) }),
    });
  }

  interceptionEnded({ status, errorType }: Pick<InterceptionEnded, "status" | "errorType">): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#client = undefined;
    client.setAttributes({ ...this.#usageAttributes(), "aibridge.interception.status": status });
    if (status === "failed" || status === "interrupted") {
      client.setAttribute("error.type", errorType ?? "_OTHER");
      client.setStatus({ code: SpanStatusCode.ERROR });
    }
    client.end();
  }

  ended(status: number | undefined): void {
    // A span that nobody ended would stay in memory: this call is the last.
    this.#client?.end();
    if (status !== undefined) this.#server.setAttribute("http.response.status_code", status);
    if (status !== undefined && status >= 500) {
      this.#server.setAttribute("error.type", String(status));
      this.#server.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#server.end();
  }

  /** Here input tokens include those of caches; our record counts them apart. */
  #usageAttributes(): Attributes {
    const { input, output, cacheRead, cacheWrite } = this.#used;
    if (input + output + cacheRead + cacheWrite === 0) return {};
    return {
      "gen_ai.usage.input_tokens": input + cacheRead + cacheWrite,
      "gen_ai.usage.output_tokens": output,
      "gen_ai.usage.cache_read.input_tokens": cacheRead,
      "gen_ai.usage.cache_creation.input_tokens": cacheWrite,
    };
  }
}

function requestAttributes(interception: InterceptionFacts): Attributes {
  const { origin, model, streaming, clientSessionId, providerType } = interception;
  const url = URL.parse(origin);
  const port = Number(url?.port) || (url?.protocol === "http:" ? 80 : 443);
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": providerType,
    "gen_ai.request.model": bounded(model),
    ...(streaming && { "gen_ai.request.stream": true }),
    ...(clientSessionId && { "gen_ai.conversation.id": bounded(clientSessionId) }),
    ...(url && { "server.address": url.hostname, "server.port": port }),
    "aibridge.interception.id": interception.interceptionId,
  };
}

/** What a client or a provider chose, fit for an attribute. */
function bounded(text: string): string {
  return hideKeys(text).slice(0, 256);
}

/** Of low cardinality, as `http.route` has to be. */
const routes: Readonly<Record<RouteName, string>> = {
  messages: "/{provider}/v1/messages",
  "chat-completions": "/{provider}/v1/chat/completions",
  responses: "/{provider}/v1/responses",
  passthrough: "/{provider}/*",
};

const methods: ReadonlySet<string> = new Set(
  "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split(" "),
);
