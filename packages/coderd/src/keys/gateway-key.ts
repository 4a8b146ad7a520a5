import { Secret } from "@aibridge/secret";
import { randomAlphanumeric } from "./alphanumeric.ts";
import { hashSecret } from "./secret-hash.ts";

// Lengths: wire.md, section 1.
const keyLength = 43;
const prefixLength = 11;
const keyPattern = new RegExp(`^[0-9A-Za-z]{${keyLength}}$`);

/** A new gateway key: what the service gets, and what the store keeps. */
export interface GeneratedGatewayKey {
  /** 43 alphanumeric characters, to be shown once. */
  readonly key: Secret;
  /** The first 11 of them, by which people recognize the key. */
  readonly prefix: string;
  /** SHA-256 of the whole key. */
  readonly hash: Uint8Array;
}

/** Makes a key that nobody has seen. Beyond the visible prefix it has 190 bits. */
export function generateGatewayKey(): GeneratedGatewayKey {
  const key = randomAlphanumeric(keyLength);
  const secret = new Secret(key);
  return { key: secret, prefix: key.slice(0, prefixLength), hash: hashSecret(secret) };
}

/**
 * The hash to look a presented gateway key up by; undefined for text that can't
 * be one. To look up by hash needs no constant-time compare: who controls the
 * text does not control its hash, so the time of a lookup tells nothing.
 */
export function gatewayKeyHashFrom(text: string): Uint8Array | undefined {
  return keyPattern.test(text) ? hashSecret(new Secret(text)) : undefined;
}
