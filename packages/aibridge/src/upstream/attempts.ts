import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { Refusal } from "../refusal.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { KeyRotation, ProviderKey } from "./key-rotation.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { SentOnce } from "./sent-once.ts";

/** What is known of a provider between requests. */
interface UpstreamHealth {
  readonly breaker: CircuitBreaker;
  readonly budget: RetryBudget;
}

/** How one request may be repeated. */
export interface AttemptPlan {
  /** The gateway's keys; undefined for a user's own credential, which never fails over. */
  readonly keys: KeyRotation | undefined;
  /** The header that shows a key to this provider: name and value. */
  credentialHeader(credential: string): readonly [string, string];
  readonly health: UpstreamHealth;
  /** Whose circuit it is: the provider, and the model if one is named. */
  readonly circuit: string;
  /** Whether it may be sent again after the provider had it and failed. */
  readonly repeatable: boolean;
  /** How often it is sent again at most, changes of key apart. */
  readonly retriesMax: number;
  /** Aborts when the caller has left. */
  readonly signal: AbortSignal;
  /** Told why a request is sent once more. */
  onAgain(why: AttemptFailure): void;
}

export interface AttemptFailure {
  /** The provider's status; undefined if it could not be reached. */
  readonly status: number | undefined;
  /** The id of the key it did not take; undefined if the key is not at fault. */
  readonly keyId: string | undefined;
}

/**
 * A dispatcher that sends a request once more, before anything of an answer was
 * handed on: under the next key where the provider did not take one (401, 403,
 * 429); after a moment where it can't be reached or fails (500, 502, 503, 529),
 * within a budget. The last answer is handed on as it came. A circuit that is
 * open refuses at once, with 503.
 */
export function createAttempts(
  dispatcher: Pick<Dispatcher, "dispatch">,
  plan: AttemptPlan,
): Pick<Dispatcher, "dispatch"> {
  return {
    dispatch(options, handler) {
      plan.health.budget.earn();
      const closedForMs = plan.health.breaker.closedForMs(plan.circuit);
      if (closedForMs !== undefined) {
        const retryAfterS = Math.ceil(closedForMs / 1_000);
        handler.onResponseError?.(noController, new Refusal("circuit_open", { retryAfterS }));
        return false;
      }
      return new Attempts(dispatcher, options, handler, plan).send();
    },
  };
}

const noneTried: ReadonlySet<string> = new Set();

/** Undici holds a request's body until its answer is complete. Up to this size that is cheap. */
const heldBytesMax = 64 * 1_024;
/** An answer that is not handed on is read to its end, so that its connection can be used again. */
const discardedBytesMax = 64 * 1_024;
const firstDelayMs = 100;
/** Who is told to wait longer is not helped by our waiting: the client decides. */
const delayMsMax = 2_000;

class Attempts implements Dispatcher.DispatchHandler {
  readonly #dispatcher: Pick<Dispatcher, "dispatch">;
  /** Their body is held until it can't be needed any more. */
  readonly #options: Dispatcher.DispatchOptions;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #plan: AttemptPlan;
  #tried: ReadonlySet<string> = noneTried;
  #isHandedOn = false;
  #key: ProviderKey | undefined;
  #retries = 0;
  /** The answer that is coming is not handed on; after it, so long a wait. */
  #discarding: { readonly delayMs: number; bytes: number } | undefined;

  constructor(
    dispatcher: Pick<Dispatcher, "dispatch">,
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
    plan: AttemptPlan,
  ) {
    this.#dispatcher = dispatcher;
    this.#options = { ...options };
    this.#handler = handler;
    this.#plan = plan;
  }

  send(): boolean {
    const { keys, credentialHeader } = this.#plan;
    this.#key = keys?.next(this.#tried);
    const own = this.#key ? credentialHeader(this.#key.credential.reveal()) : [];
    const { headers, body = null } = this.#options;
    const isLarge = Buffer.isBuffer(body) && body.byteLength > heldBytesMax;
    return this.#dispatcher.dispatch(
      {
        ...this.#options,
        // The relay gives them as names and values in turn.
        headers: Array.isArray(headers) ? headers.concat(own) : [...own],
        body: isLarge ? new SentOnce(body) : body,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    message?: string,
  ): void {
    if (status >= 200) {
      const delayMs = this.#delayAfter(status, controller);
      if (delayMs !== undefined) {
        this.#discarding = { delayMs, bytes: 0 };
        return;
      }
      this.#isHandedOn = true;
      this.#options.body = null;
    }
    this.#handler.onResponseStart?.(controller, status, headers, message);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#discarding) {
      this.#handler.onResponseData?.(controller, chunk);
      return;
    }
    this.#discarding.bytes += chunk.byteLength;
    if (this.#discarding.bytes > discardedBytesMax) controller.abort(new Error("discarded"));
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    if (this.#discarding) this.#sendAgain(this.#discarding.delayMs, controller);
    else this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#plan.signal.aborted) {
      this.#handler.onResponseError?.(controller, error);
    } else if (this.#discarding) {
      this.#sendAgain(this.#discarding.delayMs, controller);
    } else {
      const delayMs = isOurOwnDoing(controller, error) ? undefined : this.#delayAfterError(error);
      if (delayMs === undefined) this.#handler.onResponseError?.(controller, error);
      else this.#sendAgain(delayMs, controller);
    }
  }

  /** How long to wait before this is sent again; undefined: the answer is handed on. */
  #delayAfter(status: number, controller: Dispatcher.DispatchController): number | undefined {
    const { health, circuit, keys, repeatable } = this.#plan;
    if (isOutage(status)) health.breaker.failed(circuit);
    else health.breaker.succeeded(circuit);

    const key = this.#key;
    if (key && keys) {
      if (!keyIsAtFault(status)) keys.accepted(key);
      else {
        keys.refused(key, status, askedDelayMs(controller));
        this.#tried = new Set(this.#tried).add(key.id);
        if (!keys.hasRested(this.#tried)) return undefined;
        this.#plan.onAgain({ status, keyId: key.id });
        return 0;
      }
    }
    if (!repeatable || !isPassing(status)) return undefined;
    return this.#retry(status, askedDelayMs(controller));
  }

  /** A request that never reached the provider can be sent again, whatever it is. */
  #delayAfterError(error: Error): number | undefined {
    const { health, circuit } = this.#plan;
    health.breaker.failed(circuit);
    const canRepeat = !this.#isHandedOn && neverConnected(error);
    return canRepeat ? this.#retry(undefined, undefined) : undefined;
  }

  #retry(status: number | undefined, askedMs: number | undefined): number | undefined {
    const { retriesMax, health } = this.#plan;
    const delayMs = askedMs ?? firstDelayMs * 2 ** this.#retries * (0.5 + Math.random());
    if (delayMs > delayMsMax || this.#retries >= retriesMax || !health.budget.spend()) {
      return undefined;
    }
    this.#retries++;
    this.#plan.onAgain({ status, keyId: undefined });
    return delayMs;
  }

  #sendAgain(delayMs: number, controller: Dispatcher.DispatchController): void {
    const { signal } = this.#plan;
    this.#discarding = undefined;
    const onAbort = () => {
      clearTimeout(timer);
      this.#handler.onResponseError?.(controller, new Error("aborted", { cause: signal.reason }));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      this.send();
    }, delayMs);
    signal.addEventListener("abort", onAbort, { once: true });
  }
}

/** Of a request that was never sent: there is nothing to control. */
const noController: Dispatcher.DispatchController = {
  aborted: true,
  paused: false,
  reason: null,
  abort() {},
  pause() {},
  resume() {},
};

function keyIsAtFault(status: number): boolean {
  return status === 401 || status === 403 || status === 429;
}

/** Errors of a server that may be gone in a moment; 529 is Anthropic's "overloaded". */
function isPassing(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 529;
}

function isOutage(status: number): boolean {
  return status >= 500;
}

/**
 * We gave up, or could not send it at all: that says nothing of the provider, and
 * must not close it to others. Before a connection is there, undici has no
 * controller to give.
 */
function isOurOwnDoing(
  controller: Dispatcher.DispatchController | null | undefined,
  error: Error,
): boolean {
  return controller?.aborted === true || codeOf(error) === "UND_ERR_INVALID_ARG";
}

const neverConnectedCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function neverConnected(error: Error): boolean {
  return neverConnectedCodes.has(codeOf(error));
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

/** How long the provider asks to wait; undefined if it doesn't say. */
function askedDelayMs({ rawHeaders }: Dispatcher.DispatchController): number | undefined {
  if (!Array.isArray(rawHeaders)) return undefined;
  const headers = rawHeaders.map((part) =>
    typeof part === "string" ? part : part.toString("latin1"),
  );
  return retryAfterMs(headers, Date.now());
}
