import { randomUUID } from "node:crypto";
import {
  type ProviderKey as ProviderKeyMessage,
  ProviderKeySchema,
  type Provider as ProviderMessage,
  ProviderSchema,
  type ProviderService,
} from "@aibridge/proto/coder/aibridge/v1/provider";
import { Secret } from "@aibridge/secret";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { Provider, ProviderChanges, ProviderKey } from "../store/providers.ts";
import type { ServiceContext } from "./context.ts";
import { nameTokens } from "./paging.ts";
import { providerTypeFrom, providerTypeMessage, publicBaseUrls } from "./provider-type.ts";
import { timestampOf } from "./timestamps.ts";
import { requireBaseUrl, requireCredential, requireName, requireUuid } from "./validate.ts";

const pages = nameTokens("providers");

/** Administers the upstreams. Credentials go in and are never shown again. */
export function providerService(context: ServiceContext): ServiceImpl<typeof ProviderService> {
  const { store, now, privateUpstreams } = context;
  const sealed = (credential: string, id: string) => seal(credential, id, context);
  const change = async (name: string, changesOf: (provider: Provider) => ProviderChanges) => {
    const provider = await find(context, name);
    return messageFrom(await store.providers.update(provider.id, changesOf(provider), now()));
  };
  return {
    async createProvider({ name, type, baseUrl, credential }) {
      const id = randomUUID();
      const providerType = providerTypeFrom(type);
      const provider = await store.providers.create({
        id,
        name: requireName("name", name),
        type: providerType,
        baseUrl: requireBaseUrl(
          "base_url",
          baseUrl || publicBaseUrls[providerType],
          privateUpstreams,
        ),
        enabled: true,
        createTime: now(),
        keys: credential === "" ? [] : [sealed(credential, id)],
      });
      return { provider: messageFrom(provider) };
    },
    async getProvider({ name }) {
      return { provider: messageFrom(await find(context, name)) };
    },
    async listProviders(fields) {
      const page = await store.providers.list(pages.parse(fields));
      return { providers: page.items.map(messageFrom), nextPageToken: pages.nextOf(page) };
    },
    async updateProvider({ name, baseUrl, credential }) {
      const provider = await change(name, ({ id }) => ({
        ...(baseUrl !== undefined && {
          baseUrl: requireBaseUrl("base_url", baseUrl, privateUpstreams),
        }),
        ...(credential !== undefined && {
          keys: credential === "" ? [] : [sealed(credential, id)],
        }),
      }));
      return { provider };
    },
    async enableProvider({ name }) {
      return { provider: await change(name, () => ({ enabled: true })) };
    },
    async disableProvider({ name }) {
      return { provider: await change(name, () => ({ enabled: false })) };
    },
    async addProviderKey({ name, credential }) {
      const { id } = await find(context, name);
      const key = sealed(credential, id);
      await store.providers.addKey(id, key, key.createTime);
      return { key: keyMessageFrom(key) };
    },
    async listProviderKeys({ name }) {
      const { keys } = await find(context, name);
      return { keys: keys.map(keyMessageFrom) };
    },
    async removeProviderKey({ name, keyId }) {
      const { id } = await find(context, name);
      await store.providers.removeKey(id, requireUuid("key_id", keyId), now());
      return {};
    },
    async deleteProvider({ name }) {
      const provider = await find(context, name);
      await store.providers.delete(provider.id, now());
      return {};
    },
  };
}

async function find({ store }: ServiceContext, name: string): Promise<Provider> {
  const provider = await store.providers.get(requireName("name", name));
  if (provider === undefined) throw new ConnectError("no such provider", Code.NotFound);
  return provider;
}

/** A credential as it is kept. The provider's id is bound to it: it opens for no other. */
function seal(
  credential: string,
  providerId: string,
  { keyRing, now }: ServiceContext,
): ProviderKey {
  const secret = new Secret(requireCredential("credential", credential));
  return {
    id: randomUUID(),
    ...keyRing.seal(secret, providerId),
    hint: secret.hint,
    createTime: now(),
  };
}

function keyMessageFrom({ id, hint, createTime }: ProviderKey): ProviderKeyMessage {
  return create(ProviderKeySchema, { id, hint, createTime: timestampOf(createTime) });
}

function messageFrom(provider: Provider): ProviderMessage {
  return create(ProviderSchema, {
    id: provider.id,
    name: provider.name,
    type: providerTypeMessage(provider.type),
    baseUrl: provider.baseUrl,
    enabled: provider.enabled,
    credentialHint: provider.keys[0]?.hint ?? "",
    keyCount: provider.keys.length,
    createTime: timestampOf(provider.createTime),
    updateTime: timestampOf(provider.updateTime),
  });
}
