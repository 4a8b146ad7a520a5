import type { Check, Logger } from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { createStreamTransport } from "./stream-transport.ts";
import { createCoderdTransport } from "./transport.ts";

export interface CoderdsOptions {
  /** Where each of them is, in the order of preference; one at least. */
  readonly urls: readonly string[];
  readonly gatewayKey: Secret;
  /** Certificates, in PEM, to trust instead of the system's. */
  readonly ca: Buffer | undefined;
  readonly log: Logger;
}

/** One coderd, and the ways to it. */
export interface Coderd {
  readonly url: string;
  readonly streams: Transport;
  createUnary(answerWithinMs: number): Transport;
}

/**
 * The coderds that a gateway may ask, and what is known of them: one that
 * failed is asked after those that did not, until it is heard from again. All
 * of them know the same, so the gateway stays with one that works.
 */
export class Coderds {
  readonly #log: Logger;
  /** In the order in which they are asked: who fails goes to the end. */
  readonly #all: Coderd[];
  /** Of those that failed since they were last heard from, why. */
  readonly #failures = new Map<Coderd, string>();
  #lastFailure = "coderd was not asked yet";
  #hasWorked = false;

  constructor({ urls, gatewayKey, ca, log }: CoderdsOptions) {
    this.#log = log;
    this.#all = urls.map((url) => ({
      url,
      streams: createStreamTransport({ url, gatewayKey, ca }),
      createUnary: (answerWithinMs) =>
        createCoderdTransport({ url, gatewayKey, ca, answerWithinMs }),
    }));
  }

  get size(): number {
    return this.#all.length;
  }

  /** Whom to ask first, and whom after that. */
  inOrder(): Coderd[] {
    const working = this.#all.filter((coderd) => !this.#failures.has(coderd));
    return [...working, ...this.#all.filter((coderd) => this.#failures.has(coderd))];
  }

  /** It was heard from. */
  worked(coderd: Coderd): void {
    this.#hasWorked = true;
    if (this.#failures.delete(coderd)) this.#log.info({ coderd: coderd.url }, "coderd answers");
  }

  /** It did not answer, or not in time. */
  failed(coderd: Coderd, error: unknown): void {
    const why = `coderd does not answer: ${ConnectError.from(error).message}`;
    if (this.#failures.get(coderd) !== why) {
      this.#log.warn({ coderd: coderd.url, err: error }, "coderd does not answer");
    }
    this.#failures.set(coderd, why);
    this.#lastFailure = why;
    this.#all.splice(this.#all.indexOf(coderd), 1);
    this.#all.push(coderd);
  }

  /** Whether one of them can be asked, as far as is known. */
  check(): Check {
    const isOk = this.#hasWorked && this.#failures.size < this.#all.length;
    return isOk ? { ok: true } : { ok: false, why: this.#lastFailure };
  }
}
