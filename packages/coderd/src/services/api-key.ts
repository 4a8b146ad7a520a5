import {
  type ApiKey as ApiKeyMessage,
  ApiKeySchema,
  type ApiKeyService,
} from "@aibridge/proto/coder/aibridge/v1/api_key";
import { create } from "@bufbuild/protobuf";
import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { mayChange, mayRead, type UserCaller, userCaller } from "../auth/caller.ts";
import { generateApiKey } from "../keys/api-key.ts";
import type { ApiKey } from "../store/api-keys.ts";
import type { ServiceContext } from "./context.ts";
import { sequenceTokens } from "./paging.ts";
import { tellWatchers } from "./tell-watchers.ts";
import { timestampOf } from "./timestamps.ts";
import { invalidArgument, requireApiKeyId, requireLabel, requireUuid } from "./validate.ts";

const pages = sequenceTokens("api_keys");
const lifetimeMaxMs = 100 * 365 * 24 * 3_600_000;

/** Administers the keys of users. Owners may change everybody's, others their own. */
export function apiKeyService(context: ServiceContext): ServiceImpl<typeof ApiKeyService> {
  const { store, now } = context;
  return {
    async createApiKey({ userId, name, lifetime }, { values }) {
      const caller = userCaller(values);
      const owner = userId === "" ? caller.userId : requireUuid("user_id", userId);
      if (!mayChange(caller, owner)) throw notYours();
      const { id, key, secretHash } = generateApiKey();
      const createTime = now();
      const apiKey = await store.apiKeys.create({
        id,
        userId: owner,
        name: requireLabel("name", name),
        secretHash,
        createTime,
        expireTime: expireTimeFrom(lifetime, createTime),
      });
      return { apiKey: messageFrom(apiKey), key: key.reveal() };
    },
    async getApiKey({ id }, { values }) {
      return { apiKey: messageFrom(await findKey(context, id, userCaller(values), mayRead)) };
    },
    async listApiKeys({ userId, showRevoked, ...fields }, { values }) {
      const caller = userCaller(values);
      const owner = listedOwner(userId, caller);
      const request = { ...pages.parse(fields), userId: owner, showRevoked };
      const page = await store.apiKeys.list(request);
      return { apiKeys: page.items.map(messageFrom), nextPageToken: pages.nextOf(page) };
    },
    async revokeApiKey({ id }, { values, signal }) {
      const key = await findKey(context, id, userCaller(values), mayChange);
      const revoked = await store.apiKeys.revoke(key.id, now());
      await tellWatchers(context, signal);
      return { apiKey: messageFrom(revoked) };
    },
  };
}

/** Finds a key that the caller may read or change. Members can't tell others' keys from none. */
async function findKey(
  { store }: ServiceContext,
  id: string,
  caller: UserCaller,
  may: (caller: UserCaller, userId: string) => boolean,
): Promise<ApiKey> {
  const key = await store.apiKeys.get(requireApiKeyId("id", id));
  if (key !== undefined && may(caller, key.userId)) return key;
  // "" is nobody's id: who may for nobody's keys may for everybody's.
  if (key === undefined && may(caller, "")) throw new ConnectError("no such key", Code.NotFound);
  throw notYours();
}

/** Whose keys are listed; undefined means everybody's. */
function listedOwner(userId: string, caller: UserCaller): string | undefined {
  if (userId === "") return caller.role === "member" ? caller.userId : undefined;
  const owner = requireUuid("user_id", userId);
  if (!mayRead(caller, owner)) throw notYours();
  return owner;
}

function expireTimeFrom(lifetime: Duration | undefined, createTime: Date): Date | null {
  if (lifetime === undefined) return null;
  const ms = durationMs(lifetime);
  if (ms <= 0 || ms > lifetimeMaxMs) {
    throw invalidArgument("lifetime", "must be more than nothing and at most 100 years");
  }
  return new Date(createTime.getTime() + ms);
}

function notYours(): ConnectError {
  return new ConnectError("not one of the caller's keys", Code.PermissionDenied);
}

function messageFrom(key: ApiKey): ApiKeyMessage {
  return create(ApiKeySchema, {
    id: key.id,
    userId: key.userId,
    name: key.name,
    createTime: timestampOf(key.createTime),
    expireTime: timestampOf(key.expireTime),
    revokeTime: timestampOf(key.revokeTime),
  });
}
