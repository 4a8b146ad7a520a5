import { secretMatches } from "../keys/secret-hash.ts";
import type { ApiKeyFacts, OwnerFacts } from "../store/authorizations.ts";
import type { Credential } from "./credential.ts";
import type { RefusalReason } from "./refusals.ts";

/** What a decision is made from. */
export interface DecisionInput {
  readonly credential: Credential;
  /** The key that the credential names, and its owner, as the store has them. */
  readonly apiKey: ApiKeyFacts | undefined;
  readonly owner: OwnerFacts | undefined;
  readonly now: Date;
}

/** Whether a credential may be used, and whose it is. */
export type Decision =
  | { readonly accepted: true; readonly apiKey: ApiKeyFacts; readonly owner: OwnerFacts }
  | { readonly accepted: false; readonly reason: RefusalReason };

/**
 * The nine checks of wire.md, section 2, in their order: the first that fails
 * answers. The secret is checked before anything else that the store knows of
 * the key, so that a guesser of ids learns nothing but that they exist.
 */
export function decide({ credential, apiKey, owner, now }: DecisionInput): Decision {
  if (credential.kind === "missing") return refused("missing_credential");
  if (credential.kind === "malformed") return refused("invalid_key");
  if (apiKey === undefined || apiKey.isRevoked) return refused("unknown_key");
  if (credential.kind === "key" && !secretMatches(credential.secret, apiKey.secretHash)) {
    return refused("invalid_key");
  }
  if (apiKey.expireTime !== null && apiKey.expireTime <= now) return refused("expired");
  if (owner === undefined) return refused("unknown_user");
  if (owner.isDeleted) return refused("deleted_user");
  if (owner.isSuspended) return refused("inactive_user");
  if (owner.isSystem) return refused("system_user");
  return { accepted: true, apiKey, owner };
}

function refused(reason: RefusalReason): Decision {
  return { accepted: false, reason };
}
