import { fieldOf, startAibridge } from "./aibridge.ts";
import type { Line } from "./json-lines.ts";

/** The first keys of a store. */
export interface FirstKeys {
  /** A member's key. */
  readonly apiKey: string;
  /** An owner's key. */
  readonly ownerKey: string;
  /** A gateway's key, which may delegate. */
  readonly gatewayKey: string;
}

/**
 * Runs `aibridge bootstrap` on an empty store, and resolves when it has ended.
 * Rejects, showing its log, if it does not print keys.
 *
 * @param env the variables by which coderd finds its store
 */
export async function bootstrap(env: Readonly<Record<string, string>>): Promise<FirstKeys> {
  await using process = startAibridge(["bootstrap", "--json"], env);
  const made = await process.ready();
  await process.exited;
  return firstKeysFrom(made);
}

/** The keys of a ready line. Throws if one is not there. */
export function firstKeysFrom(ready: Line): FirstKeys {
  return {
    apiKey: fieldOf(ready, "apiKey"),
    ownerKey: fieldOf(ready, "ownerKey"),
    gatewayKey: fieldOf(ready, "gatewayKey"),
  };
}
