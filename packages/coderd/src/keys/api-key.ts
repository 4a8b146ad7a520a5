import { Secret } from "@aibridge/secret";
import { randomAlphanumeric } from "./alphanumeric.ts";
import { hashSecret } from "./secret-hash.ts";

// Lengths: wire.md, section 1.
const idLength = 10;
const secretLength = 22;
const idPattern = new RegExp(`^[0-9A-Za-z]{${idLength}}$`);
const keyPattern = new RegExp(`^([0-9A-Za-z]{${idLength}})-([0-9A-Za-z]{${secretLength}})$`);

/** A user's API key, taken apart. */
export interface ParsedApiKey {
  /** 10 alphanumeric characters; no secret. */
  readonly id: string;
  /** 22 alphanumeric characters. */
  readonly secret: Secret;
}

/** A new API key: what its owner gets, and what the store keeps. */
export interface GeneratedApiKey {
  readonly id: string;
  /** `<id>-<secret>`, to be shown once. */
  readonly key: Secret;
  /** SHA-256 of the secret part. */
  readonly secretHash: Uint8Array;
}

/** Makes a key that nobody has seen. Its secret has 131 bits. */
export function generateApiKey(): GeneratedApiKey {
  const id = randomAlphanumeric(idLength);
  const secret = randomAlphanumeric(secretLength);
  return { id, key: new Secret(`${id}-${secret}`), secretHash: hashSecret(new Secret(secret)) };
}

/** Takes `<id>-<secret>` apart; undefined for any other text. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  const [, id, secret] = keyPattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret: new Secret(secret) };
}

/** Whether `text` has the form of a key's id. */
export function isApiKeyId(text: string): boolean {
  return idPattern.test(text);
}
