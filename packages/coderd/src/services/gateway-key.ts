import { randomUUID } from "node:crypto";
import {
  type GatewayKey as GatewayKeyMessage,
  GatewayKeySchema,
  type GatewayKeyService,
  type GetGatewayKeyRequest,
} from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { generateGatewayKey } from "../keys/gateway-key.ts";
import type { GatewayKey, GatewayKeyStore } from "../store/gateway-keys.ts";
import type { ServiceContext } from "./context.ts";
import { sequenceTokens } from "./paging.ts";
import { tellWatchers } from "./tell-watchers.ts";
import { timestampOf } from "./timestamps.ts";
import { invalidArgument, requireName, requireUuid } from "./validate.ts";

const pages = sequenceTokens("gateway_keys");

/** Administers the keys of services. */
export function gatewayKeyService(context: ServiceContext): ServiceImpl<typeof GatewayKeyService> {
  const { store, now } = context;
  return {
    async createGatewayKey({ name, canDelegate }) {
      const { key, prefix, hash } = generateGatewayKey();
      const gatewayKey = await store.gatewayKeys.create({
        id: randomUUID(),
        name: requireName("name", name),
        prefix,
        hash,
        canDelegate,
        createTime: now(),
      });
      return { gatewayKey: messageFrom(gatewayKey), key: key.reveal() };
    },
    async getGatewayKey(request) {
      const key = await find(store.gatewayKeys, request);
      if (key === undefined) throw new ConnectError("no such gateway key", Code.NotFound);
      return { gatewayKey: messageFrom(key) };
    },
    async listGatewayKeys({ showRevoked, ...fields }) {
      const page = await store.gatewayKeys.list({ ...pages.parse(fields), showRevoked });
      return { gatewayKeys: page.items.map(messageFrom), nextPageToken: pages.nextOf(page) };
    },
    async revokeGatewayKey({ id }, { signal }) {
      const key = await store.gatewayKeys.revoke(requireUuid("id", id), now());
      await tellWatchers(context, signal);
      return { gatewayKey: messageFrom(key) };
    },
  };
}

function find(
  keys: GatewayKeyStore,
  { gatewayKey: by }: GetGatewayKeyRequest,
): Promise<GatewayKey | undefined> {
  if (by.case === "id") return keys.getById(requireUuid("id", by.value));
  if (by.case === "name") return keys.getByName(requireName("name", by.value));
  throw invalidArgument("gateway_key", "an id or a name must be given");
}

function messageFrom(key: GatewayKey): GatewayKeyMessage {
  return create(GatewayKeySchema, {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    canDelegate: key.canDelegate,
    createTime: timestampOf(key.createTime),
    lastSeenTime: timestampOf(key.lastSeenTime),
    revokeTime: timestampOf(key.revokeTime),
  });
}
