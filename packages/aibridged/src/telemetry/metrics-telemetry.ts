import type {
  FirstByteTiming,
  InterceptionEnded,
  InterceptionFacts,
  RequestTelemetry,
  RouteFacts,
  Telemetry,
  TokenUsage,
} from "@aibridge/aibridge";
import type { Metrics } from "@aibridge/runtime";
import { BoundedNames } from "./bounded-names.ts";
import { createInstruments, type Instruments } from "./instruments.ts";

/** How many different labels there may be. */
export interface MetricsTelemetryOptions {
  /** Providers over the life of the process; further ones are `other`. Default 100. */
  readonly providersMax?: number;
  /** Models of each provider; further ones are `other`. Default 200. */
  readonly modelsPerProviderMax?: number;
}

/**
 * Telemetry as Prometheus metrics in this registry. Labels are bounded:
 * names by the options, all others are words of ours. A request that got to
 * no provider has provider and route `none`. Use one for each registry: names
 * can't be registered twice.
 */
export function createMetricsTelemetry(
  metrics: Metrics,
  { providersMax = 100, modelsPerProviderMax = 200 }: MetricsTelemetryOptions = {},
): Telemetry {
  const instruments = createInstruments(metrics);
  const labels = new Labels(providersMax, modelsPerProviderMax);
  return {
    requestStarted: () => new MeasuredRequest(instruments, labels),
    spoolChanged({ events, bytes, oldestAgeMs }) {
      instruments.spoolEvents.set(events);
      instruments.spoolBytes.set(bytes);
      instruments.spoolOldestAge.set(oldestAgeMs / 1_000);
    },
    eventsRecorded: (lagMs) => instruments.recorderLag.observe(lagMs / 1_000),
    eventsDropped: (events) => instruments.recorderDrops.inc(events),
  };
}

class Labels {
  readonly #providers: BoundedNames;
  readonly #models = new Map<string, BoundedNames>();
  readonly #modelsPerProviderMax: number;

  constructor(providersMax: number, modelsPerProviderMax: number) {
    this.#providers = new BoundedNames(providersMax);
    this.#modelsPerProviderMax = modelsPerProviderMax;
  }

  providerOf(name: string): string {
    return this.#providers.labelOf(name);
  }

  /** `provider` is a label, so these are bounded as well. */
  modelOf(provider: string, name: string): string {
    let models = this.#models.get(provider);
    if (models === undefined) {
      models = new BoundedNames(this.#modelsPerProviderMax);
      this.#models.set(provider, models);
    }
    return models.labelOf(name);
  }
}

class MeasuredRequest implements RequestTelemetry {
  readonly #instruments: Instruments;
  readonly #labels: Labels;
  #provider = "none";
  #route = "none";
  #requestedModel = "";
  /** Bound once: looking a series up for every chunk costs more than counting it. */
  #chunks: ReturnType<Instruments["interChunk"]["labels"]> | undefined;

  constructor(instruments: Instruments, labels: Labels) {
    this.#instruments = instruments;
    this.#labels = labels;
  }

  routed({ providerName, route }: RouteFacts): void {
    this.#provider = this.#labels.providerOf(providerName);
    this.#route = route;
    this.#chunks = this.#instruments.interChunk.labels({ provider: this.#provider });
  }

  interceptionStarted({ model }: InterceptionFacts): void {
    this.#requestedModel = model;
  }

  propagate(): void {}

  upstreamResponded(status: number): void {
    const provider = this.#provider;
    this.#instruments.upstreamResponses.inc({ provider, status: statusLabel(status) });
  }

  firstByte({ timeToFirstByteMs, gatewayOverheadMs }: FirstByteTiming): void {
    const labels = { provider: this.#provider, route: this.#route };
    this.#instruments.timeToFirstByte.observe(labels, timeToFirstByteMs / 1_000);
    if (gatewayOverheadMs === undefined) return;
    this.#instruments.gatewayOverhead.observe(labels, gatewayOverheadMs / 1_000);
  }

  chunk(gapMs: number): void {
    this.#chunks?.observe(gapMs / 1_000);
  }

  /** By the model that the provider says it used: a client can make up any name. */
  tokens(usage: TokenUsage): void {
    const provider = this.#provider;
    const model = this.#labels.modelOf(provider, usage.model || this.#requestedModel);
    const count = (type: string, tokens: number) => {
      if (tokens > 0) this.#instruments.tokens.inc({ provider, model, type }, tokens);
    };
    count("input", usage.inputTokens);
    count("output", usage.outputTokens);
    count("cache_read", usage.cacheReadTokens);
    count("cache_write", usage.cacheWriteTokens);
  }

  interceptionEnded({ status }: Pick<InterceptionEnded, "status">): void {
    this.#instruments.interceptions.inc({ status });
  }

  ended(status: number | undefined, cut: string | undefined): void {
    const labels = { provider: this.#provider, route: this.#route };
    this.#instruments.requests.inc({ ...labels, status_class: statusClass(status) });
    if (cut !== undefined) this.#instruments.cuts.inc({ reason: cut });
  }
}

function statusLabel(status: number): string {
  return Number.isInteger(status) && status >= 100 && status <= 599 ? String(status) : "other";
}

function statusClass(status: number | undefined): string {
  if (status === undefined) return "none";
  return statusLabel(status) === "other" ? "other" : `${Math.floor(status / 100)}xx`;
}
