import type { IsAuthorizedRequest } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import type { Secret } from "@aibridge/secret";
import { isApiKeyId, parseApiKey } from "../keys/api-key.ts";

/** What a caller offers as proof of who they are, as far as its form tells. */
export type Credential =
  | { readonly kind: "missing" }
  | { readonly kind: "malformed" }
  /** A full key: the secret must match. */
  | { readonly kind: "key"; readonly id: string; readonly secret: Secret }
  /** Only the id: the caller vouches for it. `id` is undefined if no key can have it. */
  | { readonly kind: "key_id"; readonly id: string | undefined };

/** The credential that a text claims to be, `<id>-<secret>`. */
export function credentialFromKey(text: string): Credential {
  if (text === "") return { kind: "missing" };
  const parsed = parseApiKey(text);
  return parsed === undefined ? { kind: "malformed" } : { kind: "key", ...parsed };
}

/** The credential that a request of IsAuthorized names. */
export function credentialFromRequest({ credential }: IsAuthorizedRequest): Credential {
  if (credential.case === "key") return credentialFromKey(credential.value);
  if (credential.case === undefined || credential.value === "") return { kind: "missing" };
  return { kind: "key_id", id: isApiKeyId(credential.value) ? credential.value : undefined };
}

/** The id to look up in the store, if there is one. */
export function apiKeyIdOf(credential: Credential): string | undefined {
  return "id" in credential ? credential.id : undefined;
}
