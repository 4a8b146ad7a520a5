import type { Secret } from "@aibridge/secret";
import {
  createKeyRotation,
  type KeyRests,
  type KeyRotation,
  type ProviderKey,
} from "../upstream/key-rotation.ts";

/** Which API an upstream speaks. */
export type ProviderType = "anthropic" | "openai";

/** A named upstream, as configured. */
export interface ProviderConfig {
  /** The first segment of the gateway's path: `^[a-z0-9]+(-[a-z0-9]+)*$`. */
  readonly name: string;
  readonly type: ProviderType;
  /**
   * http or https. That of an openai provider includes `/v1`, that of an
   * anthropic provider does not.
   */
  readonly baseUrl: string;
  readonly enabled: boolean;
  /** What the gateway adds for callers who bring no credential of their own. */
  readonly credential: Secret | undefined;
  /** Where there are several: all of them, in the order of their use. */
  readonly credentials?: readonly ProviderKey[];
  /** Why requests to it can't be served; undefined or empty if they can. */
  readonly problem?: string;
}

/** A provider ready to be relayed to. */
export interface Provider extends ProviderConfig {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path of the base URL, without a slash at its end. */
  readonly basePath: string;
  readonly keys: KeyRotation;
}

/**
 * @param rests what is known of keys from before; outlives a configuration.
 * @throws TypeError if the base URL is none, or is neither http nor https.
 */
export function createProvider(config: ProviderConfig, rests: KeyRests = new Map()): Provider {
  const url = new URL(config.baseUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`base URL of provider ${config.name} is neither http nor https`);
  }
  return {
    ...config,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ""),
    keys: createKeyRotation(keysOf(config), rests, () => performance.now()),
  };
}

function keysOf({ name, credential, credentials }: ProviderConfig): readonly ProviderKey[] {
  if (credentials && credentials.length > 0) return credentials;
  return credential ? [{ id: name, credential }] : [];
}
