import type { ServingGateway } from "@aibridge/testing/harness";
import { eventually } from "../eventually.ts";
import { send } from "../http.ts";

/** What `/readyz` says. */
export interface Readiness {
  readonly status: number;
  /** The checks that fail, by name; one of several workers has more than `ok`. */
  readonly failing: readonly string[];
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly ready?: number }>>;
}

/** Asks once. */
export async function readiness({ adminUrl }: ServingGateway): Promise<Readiness> {
  const answer = await send(`${adminUrl}/readyz`);
  const { checks } = answer.json() as Pick<Readiness, "checks">;
  const failing = Object.entries(checks).flatMap(([name, { ok }]) => (ok ? [] : [name]));
  return { status: answer.status, failing, checks };
}

/** Resolves when it is as wanted. */
export function untilReadiness(
  gateway: ServingGateway,
  wanted: (seen: Readiness) => boolean,
): Promise<Readiness> {
  return eventually(() => readiness(gateway), wanted);
}

/** Asks again and again until a time, by `performance.now`. Returns each different thing that it said, once. */
export async function readinessUntil(
  gateway: ServingGateway,
  until: number,
): Promise<Pick<Readiness, "status" | "failing">[]> {
  const seen = new Map<string, Pick<Readiness, "status" | "failing">>();
  while (performance.now() < until) {
    const { status, failing } = await readiness(gateway);
    seen.set(JSON.stringify([status, failing]), { status, failing });
  }
  return [...seen.values()];
}
