import { Code, ConnectError, type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Role } from "../store/schema.ts";

/** A user who called, by an API key that was accepted. */
export interface UserCaller {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  readonly apiKeyId: string;
}

const userCallerKey = createContextKey<UserCaller | undefined>(undefined, {
  description: "the user who called",
});

/** The hash of the gateway key that was presented; whether it is accepted is not known yet. */
export const gatewayKeyHashKey = createContextKey<Uint8Array | undefined>(undefined, {
  description: "the hash of the caller's gateway key",
});

/** The id of the key that the caller was accepted by, for logs. */
export const callerKeyIdKey = createContextKey<string | undefined>(undefined, {
  description: "the id of the caller's key",
});

/** Notes who called. */
export function setUserCaller(values: ContextValues, caller: UserCaller): void {
  values.set(userCallerKey, caller).set(callerKeyIdKey, caller.apiKeyId);
}

/** The user who called. Only for RPCs whose access rule names roles. */
export function userCaller(values: ContextValues): UserCaller {
  const caller = values.get(userCallerKey);
  if (caller === undefined) throw new ConnectError("no caller", Code.Internal);
  return caller;
}

/** Whether the caller may read what belongs to a user. */
export function mayRead(caller: UserCaller, userId: string): boolean {
  return caller.role !== "member" || caller.userId === userId;
}

/** Whether the caller may change what belongs to a user. */
export function mayChange(caller: UserCaller, userId: string): boolean {
  return caller.role === "owner" || caller.userId === userId;
}
