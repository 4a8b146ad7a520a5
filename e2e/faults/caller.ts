import { type Door, exchange, type Outcome } from "./exchange.ts";
import { Load } from "./load.ts";
import type { Plan } from "./plan.ts";
import type { Provider } from "./provider.ts";

/** Who asks, and what of whom. */
export interface CallerOptions extends Door {
  readonly nextPlan: () => Plan;
  readonly provider: Provider;
}

/** Everybody who asks with one key, and what came of all that they asked. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #asked: Outcome[] = [];
  readonly #loads: Load[] = [];

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** What has ended so far. */
  get outcomes(): Outcome[] {
    return [...this.#asked, ...this.#loads.flatMap((load) => load.outcomes)];
  }

  /** Asks once. */
  async ask(): Promise<Outcome> {
    const { nextPlan, provider } = this.#options;
    const outcome = await exchange(this.#options, nextPlan(), provider);
    this.#asked.push(outcome);
    return outcome;
  }

  /** From now on so many clients ask again and again, until it is stopped. */
  askOn(clients: number): Load {
    const load = new Load({ ...this.#options, clients });
    this.#loads.push(load);
    return load;
  }

  /** Begins nothing more. Resolves when all that was begun has ended. */
  async stop(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
  }
}

/** How an outcome looks to whoever asked: the status too, where the gateway answered. */
export function shortOf({ how, status }: Outcome): string {
  return how === "refused" ? `refused ${status}` : how;
}
