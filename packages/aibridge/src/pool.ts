import { AsyncLocalStorage } from "node:async_hooks";
import type { Secret } from "@aibridge/secret";
import { LRUCache } from "lru-cache";
import { abortable } from "./abortable.ts";
import { Release } from "./release.ts";
import type { RequestHandler } from "./request-handler.ts";

/** For whom a handler is built. */
export interface HandlerIdentity {
  /** The caller's full key; undefined for a delegated caller. */
  readonly sessionKey: Secret | undefined;
  readonly apiKeyId: string;
  readonly initiatorId: string;
}

/** A handler for the time of one request: `using` gives it back. */
export interface Lease extends Disposable {
  readonly handler: RequestHandler;
}

export interface HandlerPoolOptions {
  /** `signal` is the pool's own: it outlives any caller. */
  build(identity: HandlerIdentity, signal: AbortSignal): Promise<RequestHandler>;
  /** Told when a handler that nobody waits for could not be closed. */
  onCloseError(error: unknown): void;
  /** How long a handler may serve, from when it was built. Default 15 minutes. */
  ttlMs?: number;
  /** How many handlers are kept. Default 5,000. */
  handlersMax?: number;
  /** Milliseconds from a fixed point; for tests. */
  now?: () => number;
}

/**
 * One handler per (user, key, direct or delegated). The last part matters: a
 * handler that was built with a caller's secret must never serve a delegated
 * request of the same key, nor the other way round.
 *
 * Owned by the gateway. An entry lives for `ttlMs` from when it was built, not
 * extended by use (that bounds the age of what it holds), and is dropped early
 * by `renew` or when the pool is full. Who has a lease keeps the handler open.
 */
export interface HandlerPool {
  /**
   * Concurrent first callers share one build. It runs under the pool's
   * lifetime: a caller who leaves stops waiting (its reason rejects) and hurts
   * nobody. A build that fails is forgotten, so the next caller tries again.
   */
  acquire(identity: HandlerIdentity, signal: AbortSignal): Promise<Lease>;
  /** From now on, handlers are built anew; those in use finish first. */
  renew(): void;
  /** Ends builds, drops all handlers, and waits until those in use are closed. */
  close(): Promise<void>;
}

export function createHandlerPool(options: HandlerPoolOptions): HandlerPool {
  const { ttlMs = 15 * 60_000, handlersMax = 5_000, now = () => performance.now() } = options;
  const lifetime = new AbortController();
  // A build must not inherit the context (delegation, say) of whoever came first.
  const inOwnContext = AsyncLocalStorage.snapshot();
  const open = new Set<Entry>();
  const entries = new LRUCache<string, Entry>({
    max: handlersMax,
    ttl: ttlMs,
    ttlResolution: 0,
    // Also if nobody asks again: a handler holds connections to MCP servers, and tokens.
    ttlAutopurge: true,
    perf: { now },
    dispose: (entry) => entry.retire(),
  });

  function build(key: string, identity: HandlerIdentity): Entry {
    const building = inOwnContext(() => options.build(identity, lifetime.signal));
    const entry = new Entry(building, () => open.delete(entry), options.onCloseError);
    open.add(entry);
    entries.set(key, entry);
    building.catch(() => {
      if (entries.peek(key) === entry) entries.delete(key);
    });
    return entry;
  }

  return {
    async acquire(identity, signal) {
      lifetime.signal.throwIfAborted();
      const key = keyOf(identity);
      const entry = entries.get(key) ?? build(key, identity);
      return entry.lease(signal);
    },
    renew: () => entries.clear(),
    async close() {
      lifetime.abort(new Error("the handler pool is closed"));
      entries.clear();
      await Promise.all(Array.from(open, (entry) => entry.closed));
    },
  };
}

function keyOf({ initiatorId, apiKeyId, sessionKey }: HandlerIdentity): string {
  return `${sessionKey ? "direct" : "delegated"} ${initiatorId} ${apiKeyId}`;
}

/** One handler, its users, and the rule that it closes when retired and unused. */
class Entry {
  /** Resolves when the handler is closed, or will never be there. */
  readonly closed: Promise<void>;
  readonly #building: Promise<RequestHandler>;
  readonly #close: () => void;
  #handler: RequestHandler | undefined;
  #users = 0;
  #retired = false;

  constructor(
    building: Promise<RequestHandler>,
    onClosed: () => void,
    onCloseError: (error: unknown) => void,
  ) {
    this.#building = building;
    const unused = Promise.withResolvers<void>();
    this.#close = unused.resolve;
    building.then((handler) => {
      this.#handler = handler;
    }, this.#close);
    this.closed = unused.promise
      .then(() => this.#building)
      .then((handler) => handler.close())
      .catch((error) => {
        if (this.#handler) onCloseError(error);
      })
      .finally(onClosed);
  }

  async lease(signal: AbortSignal): Promise<Lease> {
    this.#users++;
    try {
      const handler = this.#handler ?? (await abortable(this.#building, signal));
      return new EntryLease(handler, () => this.#release());
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  retire(): void {
    this.#retired = true;
    if (this.#users === 0) this.#close();
  }

  #release(): void {
    this.#users--;
    if (this.#retired && this.#users === 0) this.#close();
  }
}

class EntryLease extends Release implements Lease {
  readonly handler: RequestHandler;

  constructor(handler: RequestHandler, giveBack: () => void) {
    super(giveBack);
    this.handler = handler;
  }
}
