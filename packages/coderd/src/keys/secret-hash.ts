import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "@aibridge/secret";

/**
 * The SHA-256 of a secret: the 32 bytes that the store keeps in its place.
 *
 * A fast hash without salt is right for our keys. Slow, salted hashes protect
 * what people choose, because people choose from few. Our secrets are drawn at
 * random from at least 2^131, so nobody finds one by trying, no table of hashes
 * helps, and no two are equal. A slow hash would cost every request instead.
 */
export function hashSecret(secret: Secret): Buffer {
  return createHash("sha256").update(secret.reveal()).digest();
}

/** Whether `secret` hashes to `hash`, in a time that does not tell how nearly. */
export function secretMatches(secret: Secret, hash: Uint8Array): boolean {
  const actual = hashSecret(secret);
  return actual.length === hash.length && timingSafeEqual(actual, hash);
}
