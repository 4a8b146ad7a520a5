import { randomUUID } from "node:crypto";
import { generateApiKey } from "../keys/api-key.ts";
import { generateGatewayKey } from "../keys/gateway-key.ts";
import type { Role } from "./schema.ts";
import type { Store } from "./store.ts";

const createTime = new Date("2030-01-01T00:00:00.000Z");

/** For tests: a user; resolves to the id. */
export async function createUser(store: Store, role: Role = "member"): Promise<string> {
  const id = randomUUID();
  await store.users.create({ id, username: `user-${id}`, role, system: false, createTime });
  return id;
}

/** For tests: a key of a user; resolves to the id. */
export async function createApiKey(store: Store, userId: string): Promise<string> {
  const { id, secretHash } = generateApiKey();
  await store.apiKeys.create({ id, userId, name: "", secretHash, createTime, expireTime: null });
  return id;
}

/** For tests: a gateway key; resolves to the id. */
export async function createGatewayKey(store: Store): Promise<string> {
  const id = randomUUID();
  const { prefix, hash } = generateGatewayKey();
  await store.gatewayKeys.create({ id, name: id, prefix, hash, canDelegate: false, createTime });
  return id;
}
