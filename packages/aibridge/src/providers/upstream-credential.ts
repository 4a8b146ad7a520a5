import { hintOf } from "@aibridge/secret";
import { headerValue } from "../headers.ts";
import { Refusal } from "../refusal.ts";
import type { AuthMode } from "../strip.ts";
import { providerApis } from "./apis.ts";
import type { Provider } from "./provider.ts";

/** Whose credential the provider gets, and how people recognize it. */
export interface UpstreamCredential {
  readonly kind: AuthMode;
  readonly hint: string;
}

/**
 * Finds out whose credential a request goes with. The user's own is among the
 * headers; the gateway's is added when the request is sent, because another may
 * have to take its place (upstream/attempts.ts).
 *
 * @param headers the forwardable ones.
 * @throws Refusal 403 if there is no credential to go with.
 */
export function upstreamCredentialOf(
  headers: readonly string[],
  provider: Provider,
  authMode: AuthMode,
): UpstreamCredential {
  if (authMode === "byok") {
    const own = providerApis[provider.type].ownCredentialHeaders
      .map((name) => headerValue(headers, name)?.trim())
      .find((value) => value);
    if (!own) throw new Refusal("no_upstream_credential");
    return { kind: "byok", hint: hintOf(own.replace(/^bearer\s+/i, "")) };
  }
  const key = provider.keys.next(noneTried);
  if (!key) throw new Refusal("no_upstream_credential");
  return { kind: "centralized", hint: key.credential.hint };
}

const noneTried: ReadonlySet<string> = new Set();
