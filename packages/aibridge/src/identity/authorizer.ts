import type { Secret } from "@aibridge/secret";

/** What a caller identified itself by. */
export type Credential =
  /** The caller sent its key, `<id>-<secret>`. */
  | { readonly kind: "key"; readonly key: Secret }
  /**
   * A trusted caller named the user's key id. `gatewayKey` is what that caller
   * showed for itself; without it the authority is the gateway's own.
   */
  | { readonly kind: "key-id"; readonly keyId: string; readonly gatewayKey?: Secret };

/** A live key and its owner. */
export interface Authorization {
  /** The owner's id; a UUID unless the answering side is broken. */
  readonly ownerId: string;
  readonly apiKeyId: string;
  readonly username: string;
  /** When the key stops being accepted, in milliseconds since the epoch; undefined: it does not expire. */
  readonly expiresAt?: number | undefined;
  /**
   * The revision of the answering side that this was read at. Without one an
   * answer holds for the request that asked, and is never remembered.
   */
  readonly revision?: bigint | undefined;
  /** The gateway key that asked: an invalidation of it is one of this answer. */
  readonly gatewayKeyId?: string | undefined;
}

/** Answers whether a credential may be used, and whose it is. */
export interface Authorizer {
  /**
   * @throws NotAuthorizedError if the answer is no.
   * @throws GatewayKeyRefusedError if `gatewayKey` was given and is not accepted.
   * @throws anything else if there is no answer: that says nothing about the
   *   credential. An abort of `signal` rejects with its reason.
   */
  isAuthorized(credential: Credential, signal: AbortSignal): Promise<Authorization>;
}

/** The credential is not accepted. The reason is for the log, not the client. */
export class NotAuthorizedError extends Error {
  override readonly name = "NotAuthorizedError";
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super(`not authorized: ${reason}`, options);
    this.reason = reason;
  }
}

/** The gateway key that a delegating caller showed is not accepted. */
export class GatewayKeyRefusedError extends Error {
  override readonly name = "GatewayKeyRefusedError";
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super(`gateway key refused: ${reason}`, options);
    this.reason = reason;
  }
}
