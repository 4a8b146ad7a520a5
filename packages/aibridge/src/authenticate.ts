import { Secret } from "@aibridge/secret";
import type { Exchange } from "./exchange.ts";
import { headerValue, headerValues, type RawHeaders } from "./headers.ts";
import { type Credential, NotAuthorizedError } from "./identity/authorizer.ts";
import { Grant } from "./identity/grant.ts";
import type { Liveness } from "./identity/liveness.ts";
import { refusalFrom } from "./identity/refusal-from.ts";
import { Refusal } from "./refusal.ts";
import { Release } from "./release.ts";
import type { AuthMode } from "./strip.ts";

/** On whose behalf a request runs, and how we came to know. */
export interface Caller {
  /** The owner's id, a UUID. */
  readonly userId: string;
  readonly username: string;
  readonly apiKeyId: string;
  /** The full key; undefined for a delegated caller, of whom we hold no secret. */
  readonly sessionKey: Secret | undefined;
  readonly delegated: boolean;
  /** Which in-house caller delegated: for logs, never for decisions. */
  readonly source: string | undefined;
}

/** A caller who was let in. Dispose it when the request is over. */
export interface Admission extends Disposable {
  readonly caller: Caller;
}

/** What a request offers as proof of who sent it, before anybody was asked. */
export interface Claim {
  readonly credential: Credential;
  readonly source: string | undefined;
  /** The delegation metadata is incomplete: to be said once its key is known good. */
  readonly malformed: boolean;
}

/** BYOK iff the governance token is present and not blank (wire.md, section 3, step 2). */
export function authModeOf(headers: RawHeaders): AuthMode {
  return headerValue(headers, governanceToken)?.trim() ? "byok" : "centralized";
}

/**
 * Finds the credential of a request. A delegation excludes the identity
 * headers: they are not looked at.
 *
 * @throws Refusal if there is none (400), or delegation headers came without a
 *   gateway key (401).
 */
export function claimOf(exchange: Exchange): Claim {
  const { delegation, headers } = exchange;
  if (delegation) {
    const { apiKeyId: keyId, source } = delegation;
    return { credential: { kind: "key-id", keyId }, source, malformed: false };
  }
  return delegatedClaim(headers) ?? directClaim(headers);
}

/**
 * Finds out whose claim it is, and from then on watches over the exchange: it
 * is cut when the credential is not accepted any more.
 *
 * @throws Refusal 401 or 403 for a no; 503 if there was no answer, which is
 *   never taken for a no; 429 if its address fails too often.
 */
export async function authenticate(
  liveness: Liveness,
  claim: Claim,
  exchange: Exchange,
): Promise<Admission> {
  const { credential } = claim;
  const answer = ask(liveness, claim, exchange);
  const grant = answer instanceof Grant ? answer : await answer;
  if (claim.malformed) throw new Refusal("malformed_delegation");
  if (!uuid.test(grant.authorization.ownerId)) {
    throw new Refusal("unauthorized", { cause: new NotAuthorizedError("owner id is no UUID") });
  }
  const held = liveness.hold(grant, credential, exchange);
  return new Admitted(callerOf(grant, claim), held);
}

class Admitted extends Release implements Admission {
  readonly caller: Caller;

  constructor(caller: Caller, held: Disposable) {
    super(() => held[Symbol.dispose]());
    this.caller = caller;
  }
}

function callerOf({ authorization }: Grant, { credential, source }: Claim): Caller {
  return {
    userId: authorization.ownerId,
    username: authorization.username,
    apiKeyId: authorization.apiKeyId,
    sessionKey: credential.kind === "key" ? credential.key : undefined,
    delegated: credential.kind === "key-id",
    source,
  };
}

/** What is remembered is there at once. */
function ask(liveness: Liveness, claim: Claim, exchange: Exchange): Grant | Promise<Grant> {
  const { clientAddress, signal } = exchange;
  const answer = liveness.authorize(claim.credential, clientAddress, signal);
  if (answer instanceof Grant) return answer;
  return answer.catch((cause: unknown) => {
    // The gateway key was good, so its holder may be told what it got wrong.
    const tell = claim.malformed && cause instanceof NotAuthorizedError;
    throw tell ? new Refusal("malformed_delegation", { cause }) : refusalFrom(cause);
  });
}

const governanceToken = "x-coder-ai-governance-token";
const gatewayKeyHeader = "x-coder-ai-gateway-key";
const delegatedKeyIdHeader = "x-coder-ai-gateway-delegated-key-id";
const sourceHeader = "x-coder-ai-gateway-source";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The delegation that a remote service asks for by headers (wire.md, section 4). */
function delegatedClaim(headers: RawHeaders): Claim | undefined {
  const gatewayKeys = headerValues(headers, gatewayKeyHeader);
  const keyIds = headerValues(headers, delegatedKeyIdHeader);
  const sources = headerValues(headers, sourceHeader);
  if (gatewayKeys.length + keyIds.length + sources.length === 0) return undefined;

  const [gatewayKey] = gatewayKeys;
  if (gatewayKey === undefined || !isWellFormed(gatewayKeys)) {
    throw new Refusal("gateway_key_mismatch");
  }
  const wellFormed = isWellFormed(keyIds) && isWellFormed(sources);
  const keyId = wellFormed ? (keyIds[0] ?? "") : "";
  return {
    credential: { kind: "key-id", keyId, gatewayKey: new Secret(gatewayKey) },
    source: wellFormed ? sources[0] : undefined,
    malformed: !wellFormed,
  };
}

function isWellFormed(values: readonly string[]): boolean {
  const [value] = values;
  return values.length === 1 && value !== undefined && value !== "" && value === value.trim();
}

/** The key that the caller sent: the first of three headers that holds one. */
function directClaim(headers: RawHeaders): Claim {
  const key =
    headerValue(headers, governanceToken)?.trim() ||
    bearerToken(headerValue(headers, "authorization")) ||
    headerValue(headers, "x-api-key")?.trim();
  if (!key) throw new Refusal("missing_credential");
  return { credential: { kind: "key", key: new Secret(key) }, source: undefined, malformed: false };
}

function bearerToken(authorization: string | undefined): string | undefined {
  const fields = authorization?.trim().split(/\s+/) ?? [];
  return fields.length === 2 && fields[0]?.toLowerCase() === "bearer" ? fields[1] : undefined;
}
