import { LRUCache } from "lru-cache";

/** Keeps requests from an upstream that fails all of them. */
export interface CircuitBreaker {
  /** Undefined if a request may go; else in how many milliseconds one may. */
  closedForMs(name: string): number | undefined;
  failed(name: string): void;
  succeeded(name: string): void;
}

export interface CircuitBreakerOptions {
  /** So many failures in a row, with no success between, open the circuit. */
  readonly failures: number;
  /** For so long; then one request at a time may try. */
  readonly openMs: number;
  /** Milliseconds from a fixed point. */
  readonly now: () => number;
}

interface Circuit {
  failures: number;
  openUntil: number;
}

/** Names come from clients, as models do: so many are remembered. */
const circuitsMax = 1_000;

/**
 * Few lines of our own: libraries wrap a promise, and the outcome that counts
 * here is the head of a stream. Only what fails is remembered, so in good times
 * a request costs one look into an empty map.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { failures, openMs, now } = options;
  const circuits = new LRUCache<string, Circuit>({ max: circuitsMax });
  return {
    closedForMs(name) {
      if (circuits.size === 0) return undefined;
      const circuit = circuits.get(name);
      if (!circuit || circuit.failures < failures) return undefined;
      const waitMs = circuit.openUntil - now();
      if (waitMs > 0) return waitMs;
      // This one tries; who comes while it does, waits for what comes of it.
      circuit.openUntil = now() + openMs;
      return undefined;
    },
    failed(name) {
      const circuit = circuits.get(name) ?? { failures: 0, openUntil: 0 };
      circuit.failures++;
      if (circuit.failures >= failures) circuit.openUntil = now() + openMs;
      circuits.set(name, circuit);
    },
    succeeded(name) {
      if (circuits.size > 0) circuits.delete(name);
    },
  };
}
