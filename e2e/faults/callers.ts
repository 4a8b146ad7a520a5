import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import type { ServingGateway } from "@aibridge/testing/harness";
import { Caller } from "./caller.ts";
import type { Outcome } from "./exchange.ts";
import { unbrokenPlansFrom } from "./plan.ts";
import { Provider } from "./provider.ts";

/**
 * All who ask in a test, whoever they are and whichever gateway they ask, and
 * the provider that answers them. Nobody breaks off what they ask: whatever is
 * cut or refused, the fault or the gateway did it.
 */
export class Callers {
  readonly provider: Provider;
  readonly #nextPlan: ReturnType<typeof unbrokenPlansFrom>;
  readonly #all: Caller[] = [];

  /** @param seed what they ask is drawn from it */
  constructor(upstream: FakeUpstream, seed: number) {
    this.provider = new Provider(upstream);
    this.#nextPlan = unbrokenPlansFrom(seed);
  }

  /** One more, who asks a gateway with a key. */
  add({ gatewayUrl }: Pick<ServingGateway, "gatewayUrl">, apiKey: string): Caller {
    const { provider } = this;
    const caller = new Caller({ gatewayUrl, apiKey, nextPlan: this.#nextPlan, provider });
    this.#all.push(caller);
    return caller;
  }

  /** What has ended so far. */
  get outcomes(): Outcome[] {
    return this.#all.flatMap((caller) => caller.outcomes);
  }

  /** Begins nothing more, and has the provider go on. Resolves when all that was begun has ended. */
  async stop(): Promise<void> {
    this.provider.release();
    await Promise.all(this.#all.map((caller) => caller.stop()));
  }
}
