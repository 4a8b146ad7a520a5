import { randomUUID } from "node:crypto";
import type { Secret } from "@aibridge/secret";
import { generateApiKey } from "./keys/api-key.ts";
import { generateGatewayKey } from "./keys/gateway-key.ts";
import type { Role } from "./store/schema.ts";
import type { Entities, Store } from "./store/store.ts";

/** What a new installation begins with. The keys can't be had again. */
export interface Bootstrap {
  /** The API key of the user `admin`, an owner. */
  readonly ownerKey: Secret;
  /** The API key of the user `user`, a member: the one to hand to an agent. */
  readonly userKey: Secret;
  /** The key of the gateway, named `gateway`, which may delegate. */
  readonly gatewayKey: Secret;
}

/**
 * Puts an owner, a first user and a gateway key into an empty store, so that
 * somebody can call coderd at all. Resolves to undefined, and changes nothing,
 * if there is or ever was a user. All or nothing; of several processes that do
 * so at once on one store, one succeeds and the others find it not empty.
 */
export function bootstrap(store: Store, now = new Date()): Promise<Bootstrap | undefined> {
  return store.exclusively(async (entities) => {
    const { items } = await entities.users.list({ size: 1, showDeleted: true });
    if (items.length > 0) return undefined;
    return {
      ownerKey: await createUserWithKey(entities, "admin", "owner", now),
      userKey: await createUserWithKey(entities, "user", "member", now),
      gatewayKey: await createGatewayKey(entities, now),
    };
  });
}

async function createUserWithKey(
  { users, apiKeys }: Entities,
  username: string,
  role: Role,
  createTime: Date,
): Promise<Secret> {
  const user = { id: randomUUID(), username, role, system: false, createTime };
  await users.create(user);
  const { id, key, secretHash } = generateApiKey();
  const name = "first key";
  await apiKeys.create({ id, userId: user.id, name, secretHash, createTime, expireTime: null });
  return key;
}

async function createGatewayKey({ gatewayKeys }: Entities, createTime: Date): Promise<Secret> {
  const { key, prefix, hash } = generateGatewayKey();
  const name = "gateway";
  await gatewayKeys.create({ id: randomUUID(), name, prefix, hash, canDelegate: true, createTime });
  return key;
}
