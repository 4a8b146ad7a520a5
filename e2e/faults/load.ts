import { setTimeout as wait } from "node:timers/promises";
import { Changes } from "./changes.ts";
import { type Door, exchange, type Outcome } from "./exchange.ts";
import type { Plan } from "./plan.ts";
import type { Provider } from "./provider.ts";

/** How long a client waits that found nobody, was told to come again later (`retry-after: 1`), or not at all. */
const backOffMs = { unanswered: 200, refused: 1_000, unauthorized: 200 };

/** What drives a load. */
export interface LoadOptions extends Door {
  /** So many requests at any time. */
  readonly clients: number;
  readonly nextPlan: () => Plan;
  readonly provider: Provider;
}

/** Clients that ask again and again until they are told to stop, and what came of it. */
export class Load {
  /** In the order in which they ended. */
  readonly outcomes: Outcome[] = [];
  readonly #options: LoadOptions;
  readonly #changes = new Changes();
  readonly #stopping = new AbortController();
  readonly #clients: Promise<unknown>;
  #heads = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#clients = Promise.all(Array.from({ length: options.clients }, () => this.#run()));
  }

  /** Resolves when so many more requests have ended in one of these ways. */
  async until(count: number, ...ways: readonly Outcome["how"][]): Promise<void> {
    const wanted = this.#count(ways) + count;
    await this.#changes.until(() => this.#count(ways) >= wanted, `${count} more ${ways.join()}`);
  }

  /** Resolves at the very moment in which another answer's head has come. */
  async untilHead(): Promise<void> {
    const before = this.#heads;
    await this.#changes.until(() => this.#heads > before, "another head");
  }

  /** Begins nothing more. Resolves when all that was begun has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#clients;
  }

  #count(ways: readonly Outcome["how"][]): number {
    return this.outcomes.filter(({ how }) => ways.includes(how)).length;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { nextPlan, provider } = this.#options;
    const onHead = () => {
      this.#heads += 1;
      this.#changes.notify();
    };
    while (!signal.aborted) {
      const outcome = await exchange(this.#options, nextPlan(), provider, onHead);
      this.outcomes.push(outcome);
      this.#changes.notify();
      const waitMs = backOffOf(outcome);
      if (waitMs > 0) await wait(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

function backOffOf({ how, status }: Outcome): number {
  if (how === "unanswered") return backOffMs.unanswered;
  if (status === 503) return backOffMs.refused;
  return status === 403 ? backOffMs.unauthorized : 0;
}
