import {
  type Authorization,
  type Authorizer,
  type Credential,
  GatewayKeyRefusedError,
  NotAuthorizedError,
} from "@aibridge/aibridge";
import {
  AuthorizationFailureReason,
  AuthorizationFailureSchema,
  AuthorizerService,
  type IsAuthorizedRequestSchema,
  type IsAuthorizedResponse,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { bearer } from "./transport.ts";

/** An authorizer that asks coderd on every call. */
export function createRpcAuthorizer(transport: Transport): Authorizer {
  const client = createClient(AuthorizerService, transport);
  return {
    async isAuthorized(credential, signal) {
      try {
        const request = requestFrom(credential);
        return authorizationFrom(
          await client.isAuthorized(request, callOptions(credential, signal)),
        );
      } catch (error) {
        throw refusalFrom(error, credential);
      }
    },
  };
}

function requestFrom(credential: Credential): MessageInitShape<typeof IsAuthorizedRequestSchema> {
  return credential.kind === "key"
    ? { credential: { case: "key", value: credential.key.reveal() } }
    : { credential: { case: "keyId", value: credential.keyId } };
}

function authorizationFrom(answer: IsAuthorizedResponse): Authorization {
  const { ownerId, apiKeyId, username, expireTime, revision, gatewayKeyId } = answer;
  const expiresAt = expireTime && timestampMs(expireTime);
  return { ownerId, apiKeyId, username, expiresAt, revision, gatewayKeyId };
}

/** A delegating service's own key stands in for ours: it is its authority that counts. */
function callOptions(credential: Credential, signal: AbortSignal) {
  if (credential.kind === "key" || !credential.gatewayKey) return { signal };
  return { signal, headers: { authorization: bearer(credential.gatewayKey) } };
}

/**
 * Only an answer with a reason is a refusal. Everything else, our own gateway
 * key being refused included, is no answer about the credential.
 */
function refusalFrom(error: unknown, credential: Credential): unknown {
  const [failure] = ConnectError.from(error).findDetails(AuthorizationFailureSchema);
  if (!failure) return error;
  const reason = nameOf(failure.reason);
  switch (failure.reason) {
    case AuthorizationFailureReason.UNSPECIFIED:
      return error;
    case AuthorizationFailureReason.INVALID_GATEWAY_KEY:
    case AuthorizationFailureReason.GATEWAY_KEY_CANNOT_DELEGATE: {
      const isTheCallers = credential.kind === "key-id" && credential.gatewayKey !== undefined;
      return isTheCallers
        ? new GatewayKeyRefusedError(reason, { cause: error })
        : new Error(`coderd refuses this gateway: ${reason}`, { cause: error });
    }
    default:
      return new NotAuthorizedError(reason);
  }
}

/** A reason as wire.md, section 2, spells it: `unknown key` for UNKNOWN_KEY. */
function nameOf(reason: number): string {
  const names = Object.entries(AuthorizationFailureReason);
  const name = names.find(([, value]) => value === reason)?.[0] ?? String(reason);
  return name.toLowerCase().replaceAll("_", " ");
}
