import { allowInsecureRequests, customFetch } from "oauth4webapi";
import type { Outgoing } from "./outgoing.ts";

/**
 * Makes the library call out by our rules: those say where http is allowed, so
 * it does not.
 */
export function requestOptions(outgoing: Outgoing) {
  return {
    [customFetch]: outgoing.fetch,
    [allowInsecureRequests]: true,
  } as const;
}
