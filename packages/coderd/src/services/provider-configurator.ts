import {
  type ProviderConfig,
  ProviderConfigSchema,
  type ProviderConfiguratorService,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type KeyRing, KeyRingError } from "../credentials/key-ring.ts";
import type { Provider } from "../store/providers.ts";
import type { ServiceContext } from "./context.ts";
import { providerTypeMessage } from "./provider-type.ts";

/** Hands gateways the providers with their credentials in clear. */
export function providerConfiguratorService({
  store,
  keyRing,
}: ServiceContext): ServiceImpl<typeof ProviderConfiguratorService> {
  return {
    async getProviders({ knownRevision }) {
      const { revision, providers = [] } = await store.providers.snapshot(knownRevision);
      return { revision, providers: providers.map((provider) => configFrom(provider, keyRing)) };
    },
    watchProviders() {
      throw new ConnectError("not there yet", Code.Unimplemented);
    },
  };
}

function configFrom(provider: Provider, keyRing: KeyRing): ProviderConfig {
  return create(ProviderConfigSchema, {
    name: provider.name,
    type: providerTypeMessage(provider.type),
    baseUrl: provider.baseUrl,
    enabled: provider.enabled,
    credential: credentialOf(provider, keyRing),
  });
}

function credentialOf(provider: Provider, keyRing: KeyRing): string {
  const { credentialKeyId: keyId, credentialSealed: sealed } = provider;
  if (keyId === null || sealed === null) return "";
  try {
    return keyRing.open({ keyId, sealed }, provider.id).reveal();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeyRingError(`provider ${provider.name}: ${reason}`, { cause });
  }
}
