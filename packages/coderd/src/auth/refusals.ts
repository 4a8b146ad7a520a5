import {
  AuthorizationFailureReason,
  AuthorizationFailureSchema,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { Code, ConnectError } from "@connectrpc/connect";

/** Why a credential, or the service that asked about it, is refused. */
export type RefusalReason = keyof typeof refusals;

interface Refusal {
  readonly code: Code;
  /** What the client may see: the reasons of wire.md, section 2. */
  readonly message: string;
  readonly detail: AuthorizationFailureReason;
}

const refusals = {
  missing_credential: {
    code: Code.InvalidArgument,
    message: "missing credential",
    detail: AuthorizationFailureReason.MISSING_CREDENTIAL,
  },
  invalid_key: {
    code: Code.Unauthenticated,
    message: "invalid key",
    detail: AuthorizationFailureReason.INVALID_KEY,
  },
  unknown_key: {
    code: Code.Unauthenticated,
    message: "unknown key",
    detail: AuthorizationFailureReason.UNKNOWN_KEY,
  },
  expired: {
    code: Code.Unauthenticated,
    message: "expired",
    detail: AuthorizationFailureReason.EXPIRED,
  },
  unknown_user: {
    code: Code.Unauthenticated,
    message: "unknown user",
    detail: AuthorizationFailureReason.UNKNOWN_USER,
  },
  deleted_user: {
    code: Code.PermissionDenied,
    message: "deleted user",
    detail: AuthorizationFailureReason.DELETED_USER,
  },
  inactive_user: {
    code: Code.PermissionDenied,
    message: "inactive user",
    detail: AuthorizationFailureReason.INACTIVE_USER,
  },
  system_user: {
    code: Code.PermissionDenied,
    message: "system user",
    detail: AuthorizationFailureReason.SYSTEM_USER,
  },
  invalid_gateway_key: {
    code: Code.Unauthenticated,
    message: "invalid gateway key",
    detail: AuthorizationFailureReason.INVALID_GATEWAY_KEY,
  },
  gateway_key_cannot_delegate: {
    code: Code.PermissionDenied,
    message: "gateway key cannot delegate",
    detail: AuthorizationFailureReason.GATEWAY_KEY_CANNOT_DELEGATE,
  },
} as const satisfies Record<string, Refusal>;

/** The error by which IsAuthorized refuses, with an `AuthorizationFailure` as detail. */
export function refusalError(reason: RefusalReason): ConnectError {
  return errorOf(refusals[reason].code, reason);
}

/**
 * The error for a caller whose own credential is refused. It is unauthenticated
 * whatever the reason: permission_denied is for callers whom we know.
 */
export function callerRefusalError(reason: RefusalReason): ConnectError {
  return errorOf(Code.Unauthenticated, reason);
}

function errorOf(code: Code, reason: RefusalReason): ConnectError {
  const { message, detail } = refusals[reason];
  const failure = { desc: AuthorizationFailureSchema, value: { reason: detail } };
  return new ConnectError(message, code, undefined, [failure]);
}
