import { randomUUID } from "node:crypto";
import {
  type Provider as ProviderMessage,
  ProviderSchema,
  type ProviderService,
} from "@aibridge/proto/coder/aibridge/v1/provider";
import { Secret } from "@aibridge/secret";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { KeyRing } from "../credentials/key-ring.ts";
import type { Provider, ProviderChanges } from "../store/providers.ts";
import type { ServiceContext } from "./context.ts";
import { nameTokens } from "./paging.ts";
import { providerTypeFrom, providerTypeMessage, publicBaseUrls } from "./provider-type.ts";
import { timestampOf } from "./timestamps.ts";
import { requireBaseUrl, requireCredential, requireName } from "./validate.ts";

const pages = nameTokens("providers");

/** Administers the upstreams. Credentials go in and are never shown again. */
export function providerService(context: ServiceContext): ServiceImpl<typeof ProviderService> {
  const { store, keyRing, now } = context;
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
        baseUrl: requireBaseUrl("base_url", baseUrl || publicBaseUrls[providerType]),
        enabled: true,
        createTime: now(),
        ...sealedFields(credential, id, keyRing),
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
        ...(baseUrl !== undefined && { baseUrl: requireBaseUrl("base_url", baseUrl) }),
        ...(credential !== undefined && sealedFields(credential, id, keyRing)),
      }));
      return { provider };
    },
    async enableProvider({ name }) {
      return { provider: await change(name, () => ({ enabled: true })) };
    },
    async disableProvider({ name }) {
      return { provider: await change(name, () => ({ enabled: false })) };
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

/** The columns that hold a credential; empty removes it. */
function sealedFields(
  credential: string,
  providerId: string,
  keyRing: KeyRing,
): Pick<Provider, "credentialKeyId" | "credentialSealed" | "credentialHint"> {
  if (credential === "") {
    return { credentialKeyId: null, credentialSealed: null, credentialHint: "" };
  }
  const secret = new Secret(requireCredential("credential", credential));
  const { keyId, sealed } = keyRing.seal(secret, providerId);
  return { credentialKeyId: keyId, credentialSealed: sealed, credentialHint: secret.hint };
}

function messageFrom(provider: Provider): ProviderMessage {
  return create(ProviderSchema, {
    id: provider.id,
    name: provider.name,
    type: providerTypeMessage(provider.type),
    baseUrl: provider.baseUrl,
    enabled: provider.enabled,
    credentialHint: provider.credentialHint,
    createTime: timestampOf(provider.createTime),
    updateTime: timestampOf(provider.updateTime),
  });
}
