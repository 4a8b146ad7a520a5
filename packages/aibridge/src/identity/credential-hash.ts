import { hash } from "node:crypto";
import type { Credential } from "./authorizer.ts";

/**
 * What a credential is remembered by: a SHA-256, so that what is remembered is
 * no key. A direct and a delegated credential never have the same one, nor
 * do delegations of one key by different services.
 */
export function credentialHash(credential: Credential): string {
  return hash("sha256", textOf(credential), "base64");
}

/** Neither a key nor a header's value holds a line feed, so no two credentials have one text. */
function textOf(credential: Credential): string {
  if (credential.kind === "key") return credential.key.reveal();
  const { gatewayKey, keyId } = credential;
  return `\n${gatewayKey ? gatewayKey.reveal() : ""}\n${keyId}`;
}
