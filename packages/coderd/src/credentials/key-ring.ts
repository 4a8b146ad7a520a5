import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Secret } from "@aibridge/secret";

const cipher = "aes-256-gcm";
// NIST SP 800-38D, 5.2.1.1 and 8.3: nonces of 96 bits; drawn at random they are
// safe for 2^32 messages under one key, far more than providers will change.
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** A credential as the store holds it. */
export interface SealedCredential {
  /** The id of the key that encrypted it. */
  readonly keyId: string;
  /** Nonce (12 bytes), ciphertext, authentication tag (16 bytes). */
  readonly sealed: Uint8Array;
}

/** An encryption key. */
export interface RingKey {
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Why a credential can't be sealed or opened; known by `code`. */
export class KeyRingError extends Error {
  readonly code = "key_ring";
}

/**
 * Encrypts credentials at rest with AES-256-GCM: those of providers, and those
 * for MCP servers. The first key encrypts, every key decrypts: a key is rotated
 * by putting a new one in front, setting the credentials again, and removing the
 * old one.
 *
 * `context` (a provider's id, whose login it is) is authenticated with the
 * credential, so a sealed credential copied to another row does not open.
 */
export class KeyRing {
  readonly #keys: readonly RingKey[];

  constructor(keys: readonly RingKey[]) {
    this.#keys = keys;
  }

  /** Throws a `KeyRingError` if the ring is empty. */
  seal(credential: Secret, context: string): SealedCredential {
    const [key] = this.#keys;
    if (key === undefined) {
      throw new KeyRingError(
        "no encryption key is configured: set AIBRIDGE_ENCRYPTION_KEYS to keep credentials",
      );
    }
    const nonce = randomBytes(nonceBytes);
    const encrypt = createCipheriv(cipher, key.bytes, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([
      nonce,
      encrypt.update(credential.reveal(), "utf8"),
      encrypt.final(),
      encrypt.getAuthTag(),
    ]);
    return { keyId: key.id, sealed };
  }

  /**
   * Throws a `KeyRingError` if the key is not in the ring, or if the bytes are
   * not what was sealed for this context.
   */
  open({ keyId, sealed }: SealedCredential, context: string): Secret {
    const key = this.#keys.find(({ id }) => id === keyId);
    if (key === undefined) {
      throw new KeyRingError(
        `the credential was encrypted with key "${keyId}", which AIBRIDGE_ENCRYPTION_KEYS does not hold`,
      );
    }
    try {
      const bytes = Buffer.from(sealed);
      const nonce = bytes.subarray(0, nonceBytes);
      // Node would take shorter tags too, and those can be forged.
      const options = { authTagLength: tagBytes };
      const decrypt = createDecipheriv(cipher, key.bytes, nonce, options)
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-tagBytes));
      const text = decrypt.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8");
      return new Secret(text + decrypt.final("utf8"));
    } catch (cause) {
      throw new KeyRingError(`the credential does not open with key "${keyId}"`, { cause });
    }
  }
}

/**
 * Parses `<id>:<base64 of 32 bytes>[,<id>:<...>]`. Throws an Error that names
 * the faulty entry by its position, never by its content.
 */
export function parseRingKeys(text: string): RingKey[] {
  const keys = text.split(",").map((entry, index) => {
    const match = /^\s*([A-Za-z0-9_-]{1,64}):([A-Za-z0-9+/]{43}=)\s*$/.exec(entry);
    const bytes = Buffer.from(match?.[2] ?? "", "base64");
    if (match?.[1] === undefined || bytes.length !== keyBytes) {
      throw new Error(`entry ${index + 1} is not <id>:<base64 of 32 bytes>`);
    }
    return { id: match[1], bytes };
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) throw new Error("an id occurs twice");
  return keys;
}
