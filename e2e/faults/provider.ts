import { setImmediate } from "node:timers/promises";
import type { Answer, FakeUpstream, UpstreamCall } from "@aibridge/testing/fake-upstream";
import { answerTo } from "./answers.ts";
import { Changes } from "./changes.ts";
import type { Plan } from "./plan.ts";

/** The header that says which plan a request follows. The gateway forwards it, being no business of its own. */
export const markerHeader = "x-fault-marker";

/**
 * The provider's side of the load: plays each plan's answer, one chunk of one
 * stream a turn, so that all open streams go on side by side. Its log is the
 * fake upstream's own: every request whose head came.
 */
export class Provider {
  readonly #upstream: FakeUpstream;
  readonly #plans = new Map<string, Plan>();
  readonly #taken = new Map<string, () => void>();
  readonly #changes: Changes;
  readonly #turns: (() => void)[] = [];
  #held = false;
  #pumping = false;
  #open = 0;

  /** @param changes told of each request that comes to be answered */
  constructor(upstream: FakeUpstream, changes = new Changes()) {
    this.#upstream = upstream;
    this.#changes = changes;
    upstream.byHand((call) => this.#answer(call));
  }

  /** The markers of all requests, in the order they came, as often as they came. */
  get seen(): readonly string[] {
    return this.#upstream.requests.map((request) => markerOf(request.header(markerHeader)));
  }

  /** How many requests are being answered now. */
  get open(): number {
    return this.#open;
  }

  /** Makes a plan known, before its request is sent. Resolves when the request has come, if it ever does. */
  expect(plan: Plan): Promise<void> {
    this.#plans.set(plan.marker, plan);
    return new Promise((resolve) => this.#taken.set(plan.marker, resolve));
  }

  /** From now on no stream moves, and no request is answered. */
  hold(): void {
    this.#held = true;
  }

  /** Ends a `hold`. */
  release(): void {
    this.#held = false;
    void this.#pump();
  }

  /** Resolves when so many requests are being answered, all at once. `signal` ends the waiting. */
  async untilOpen(count: number, signal?: AbortSignal): Promise<void> {
    await this.#changes.until(() => this.#open >= count, `${count} open requests`, signal);
  }

  async #answer(call: UpstreamCall): Promise<void> {
    const marker = markerOf(call.request.header(markerHeader));
    const plan = this.#plans.get(marker);
    if (plan === undefined) throw new Error(`a request that nobody planned: ${marker}`);
    this.#plans.delete(marker);
    this.#open += 1;
    this.#changes.notify();
    this.#taken.get(marker)?.();
    this.#taken.delete(marker);
    try {
      await this.#play(call, plan, answerTo(plan));
    } finally {
      this.#open -= 1;
    }
  }

  async #play(call: UpstreamCall, { fate }: Plan, answer: Answer): Promise<void> {
    const breaks = fate.by === "provider" && fate.how !== "error" ? fate : undefined;
    const chunks = answer.chunks.slice(0, breaks?.chunks);
    // The head and a first chunk come at once: what is not durable by then never will be.
    if (this.#held) await this.#turn(call);
    if (breaks?.chunks !== 0) call.respond(answer.status, answer.headers);
    const first = chunks.shift();
    if (first) await call.write(first);
    for (const chunk of chunks) {
      await this.#turn(call);
      await call.write(chunk);
    }
    await this.#turn(call);
    if (breaks?.how === "reset") call.reset();
    else if (breaks) await call.cut();
    else await call.end();
  }

  /** Resolves when it is this call's turn, or the call is over. */
  async #turn(call: UpstreamCall): Promise<void> {
    const turn = new Promise<void>((resolve) => this.#turns.push(resolve));
    void this.#pump();
    await Promise.race([turn, call.closed]);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#held && this.#turns.length > 0) {
      this.#turns.shift()?.();
      await setImmediate();
    }
    this.#pumping = false;
  }
}

function markerOf(values: readonly string[]): string {
  return values.join(", ");
}
