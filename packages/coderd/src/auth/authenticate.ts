import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { gatewayKeyHashFrom } from "../keys/gateway-key.ts";
import type { ServiceContext } from "../services/context.ts";
import type { Role } from "../store/schema.ts";
import { accessTo } from "./access.ts";
import { gatewayKeyHashKey, setUserCaller, type UserCaller } from "./caller.ts";
import { apiKeyIdOf, credentialFromKey } from "./credential.ts";
import { decide } from "./decide.ts";
import { acceptGatewayKey } from "./gateway-caller.ts";
import { callerRefusalError } from "./refusals.ts";

/**
 * Lets an RPC through if the table of access rules lets its caller. A caller
 * whom we don't know is unauthenticated, one whose role is too low is
 * permission_denied. Handlers find the caller in the context values.
 */
export function authenticate(context: ServiceContext): Interceptor {
  return (next) => async (request) => {
    const access = accessTo(request.method);
    if (access === undefined) throw new ConnectError("not permitted", Code.PermissionDenied);
    const bearer = bearerFrom(request.header.get("authorization"));
    if (access === "gateway" || access === "gateway_checked_by_handler") {
      const hash = gatewayKeyHashFrom(bearer);
      if (hash === undefined) throw callerRefusalError("invalid_gateway_key");
      request.contextValues.set(gatewayKeyHashKey, hash);
      if (access === "gateway") {
        const { gatewayKey } = await context.store.authorizations.read({ gatewayKeyHash: hash });
        await acceptGatewayKey(gatewayKey, request.contextValues, context);
      }
    } else {
      const caller = await authenticateUser(bearer, context);
      setUserCaller(request.contextValues, caller);
      requireRole(caller, access);
    }
    return next(request);
  };
}

async function authenticateUser(bearer: string, context: ServiceContext): Promise<UserCaller> {
  const credential = credentialFromKey(bearer);
  const apiKeyId = apiKeyIdOf(credential);
  // What can't be a key is not worth a question to the database.
  const facts =
    apiKeyId === undefined ? undefined : await context.store.authorizations.read({ apiKeyId });
  const decision = decide({
    credential,
    apiKey: facts?.apiKey,
    owner: facts?.owner,
    now: context.now(),
  });
  if (!decision.accepted) throw callerRefusalError(decision.reason);
  const { apiKey, owner } = decision;
  return { userId: owner.id, username: owner.username, role: owner.role, apiKeyId: apiKey.id };
}

function requireRole(caller: UserCaller, roles: readonly Role[]): void {
  if (roles.includes(caller.role)) return;
  throw new ConnectError(
    `this needs the role ${roles.join(" or ")}, and the caller is ${caller.role}`,
    Code.PermissionDenied,
  );
}

/** The token of `Authorization: Bearer <token>` (RFC 6750, 2.1); empty if there is none. */
function bearerFrom(header: string | null): string {
  return /^Bearer +([^\s]+)$/i.exec(header ?? "")?.[1] ?? "";
}
