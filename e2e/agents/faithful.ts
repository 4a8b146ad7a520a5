import type { ReceivedRequest } from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import type { AgentWorld } from "./agent-world.ts";

/**
 * Expects that the upstream received from this agent what the agent sent, and
 * no key of ours: the same bodies, byte for byte, as many times, and neither
 * the key nor its secret part in any header, target or body.
 */
export function expectFaithful({ upstream, tap, pair }: AgentWorld): void {
  const bodies = (requests: readonly ReceivedRequest[]) =>
    requests
      .filter(({ method }) => method === "POST")
      .map(({ body }) => body.toString("latin1"))
      .sort();
  const received = bodies(upstream.requests);
  expect(received.length).toBeGreaterThan(0);
  // Compared before it is expected: a mismatch would print hundreds of kilobytes.
  expect(received.length).toBe(bodies(tap.requests).length);
  expect(received.join("\0") === bodies(tap.requests).join("\0")).toBe(true);
  for (const key of [pair.apiKey, pair.ownerKey, pair.gatewayKey]) {
    const secret = key.split("-").at(-1) ?? key;
    for (const { rawHeaders, target, body } of upstream.requests) {
      const everything = [...rawHeaders, target, body.toString("latin1")].join("\n");
      expect(everything.includes(secret)).toBe(false);
    }
  }
  upstream.verify();
}
