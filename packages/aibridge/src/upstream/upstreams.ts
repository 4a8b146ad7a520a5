import type { Dispatcher } from "undici";
import { providerApis } from "../providers/apis.ts";
import type { Provider } from "../providers/provider.ts";
import type { AuthMode } from "../strip.ts";
import { type AttemptFailure, createAttempts } from "./attempts.ts";
import { type CircuitBreaker, createCircuitBreaker } from "./circuit-breaker.ts";
import type { KeyRests } from "./key-rotation.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";

export interface UpstreamsOptions {
  readonly dispatcher: Pick<Dispatcher, "dispatch">;
  /** How often a request is sent again at most, changes of key apart. */
  readonly retriesMax: number;
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  /** Milliseconds from a fixed point. */
  readonly now: () => number;
}

/** One request on its way to a provider. */
export interface UpstreamAsker {
  readonly provider: Provider;
  readonly authMode: AuthMode;
  /** As the client named it; undefined where no model is asked. */
  readonly model: string | undefined;
  /** Whether it may be sent again after the provider had it and failed. */
  readonly repeatable: boolean;
  /** Aborts when the caller has left. */
  readonly signal: AbortSignal;
  /** Told why it is sent once more. */
  onAgain(why: AttemptFailure): void;
}

/** The ways to all providers, and what is known of each between requests. */
export interface Upstreams {
  /** Until when keys rest; outlives configurations. */
  readonly rests: KeyRests;
  /** See `createAttempts`. */
  dispatcherFor(asker: UpstreamAsker): Pick<Dispatcher, "dispatch">;
}

/** Owned by the gateway. Names of providers come from configuration, so they are few. */
export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const breaker: CircuitBreaker = createCircuitBreaker({
    failures: options.breakerFailures,
    openMs: options.breakerOpenMs,
    now: options.now,
  });
  const budgets = new Map<string, RetryBudget>();
  const budgetOf = (name: string) => {
    const budget = budgets.get(name) ?? createRetryBudget();
    budgets.set(name, budget);
    return budget;
  };
  return {
    rests: new Map(),
    dispatcherFor: ({ provider, authMode, model, repeatable, signal, onAgain }) =>
      createAttempts(options.dispatcher, {
        repeatable,
        signal,
        onAgain,
        keys: authMode === "byok" ? undefined : provider.keys,
        credentialHeader: providerApis[provider.type].credentialHeader,
        health: { breaker, budget: budgetOf(provider.name) },
        circuit: model === undefined ? provider.name : `${provider.name} ${model}`,
        retriesMax: options.retriesMax,
      }),
  };
}
