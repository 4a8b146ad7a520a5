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
 * Completes the headers for a provider: adds the configured credential, or
 * makes sure that the user's own is there.
 *
 * @param headers the forwardable ones; the credential is added to them.
 * @throws Refusal 403 if there is no credential to go with.
 */
export function withUpstreamCredential(
  headers: string[],
  provider: Provider,
  authMode: AuthMode,
): UpstreamCredential {
  const api = providerApis[provider.type];
  if (authMode === "byok") {
    const own = api.ownCredentialHeaders
      .map((name) => headerValue(headers, name)?.trim())
      .find((value) => value);
    if (!own) throw new Refusal("no_upstream_credential");
    return { kind: "byok", hint: hintOf(own.replace(/^bearer\s+/i, "")) };
  }
  if (!provider.credential) throw new Refusal("no_upstream_credential");
  headers.push(...api.credentialHeader(provider.credential.reveal()));
  return { kind: "centralized", hint: provider.credential.hint };
}
