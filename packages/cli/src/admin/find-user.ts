import type { User } from "@aibridge/proto/coder/aibridge/v1/user";
import type { AdminSession } from "./session.ts";
import { present } from "./text.ts";

/** A UUID. No user name is one: a name has 32 characters at the most, a UUID 36. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The user of this name or id. Rejects with not_found if there is none. */
export async function findUser({ users }: AdminSession, nameOrId: string): Promise<User> {
  const user = uuid.test(nameOrId)
    ? ({ case: "id", value: nameOrId } as const)
    : ({ case: "username", value: nameOrId } as const);
  return present((await users.getUser({ user })).user);
}

/** The id of the user of this name or id, asked for only if need be. */
export async function userIdOf(session: AdminSession, nameOrId: string): Promise<string> {
  return uuid.test(nameOrId) ? nameOrId : (await findUser(session, nameOrId)).id;
}
