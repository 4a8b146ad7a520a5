import type { Clock } from "../record/clock.ts";
import type { ToolLoopLimits } from "./limits.ts";

/** What is left of a request's limits. */
export class Budget implements Disposable {
  readonly #limits: ToolLoopLimits;
  readonly #done = new AbortController();
  readonly #late = new AbortController();
  #rounds = 0;
  #tokens = 0;
  #resultBytes = 0;

  constructor(limits: ToolLoopLimits, clock: Clock) {
    this.#limits = limits;
    void clock.sleep(limits.wallTimeMs, this.#done.signal).then(() => this.#late.abort());
  }

  /** Aborts when the time is up. */
  get late(): AbortSignal {
    return this.#late.signal;
  }

  spendRound(tokens: number): void {
    this.#rounds++;
    this.#tokens += tokens;
  }

  /** Whether a result of this size may still go to the model. If so, it is counted. */
  admitsResult(bytes: number): boolean {
    if (this.#resultBytes + bytes > this.#limits.resultBytesMax) return false;
    this.#resultBytes += bytes;
    return true;
  }

  /** Which limit keeps another round from beginning, in words for the client. */
  exhausted(nextRequestBytes: number): string | undefined {
    const { roundsMax, tokensMax, requestBytesMax } = this.#limits;
    if (this.#late.signal.aborted) return "the time for tool calls is up";
    if (this.#rounds >= roundsMax)
      return `the limit of ${roundsMax} rounds of tool calls is reached`;
    if (this.#tokens >= tokensMax) return `the limit of ${tokensMax} tokens is reached`;
    if (nextRequestBytes > requestBytesMax) return "the conversation has become too long";
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#done.abort();
  }
}
