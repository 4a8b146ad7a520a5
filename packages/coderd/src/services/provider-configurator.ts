import {
  type ProviderConfig,
  ProviderConfigSchema,
  type ProviderConfiguratorService,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { errorText } from "../error-code.ts";
import type { Provider } from "../store/providers.ts";
import type { ServiceContext } from "./context.ts";
import { providerTypeMessage } from "./provider-type.ts";

/** Hands gateways the providers with their credentials in clear. */
export function providerConfiguratorService(
  context: ServiceContext,
): ServiceImpl<typeof ProviderConfiguratorService> {
  const { store } = context;
  return {
    async getProviders({ knownRevision }) {
      const { revision, providers = [] } = await store.providers.snapshot(knownRevision);
      return { revision, providers: providers.map((provider) => configFrom(provider, context)) };
    },
    watchProviders() {
      throw new ConnectError("not there yet", Code.Unimplemented);
    },
  };
}

/**
 * A credential that can't be opened takes nothing from the provider's others,
 * and a provider without any that can takes nothing from other providers.
 */
function configFrom(provider: Provider, { keyRing, log }: ServiceContext): ProviderConfig {
  let problem = "";
  const credentials = provider.keys.flatMap((key) => {
    try {
      return [{ id: key.id, credential: keyRing.open(key, provider.id).reveal() }];
    } catch (err) {
      log.error({ err, provider: provider.name, key_id: key.id }, "provider key can't be opened");
      problem = errorText(err, "message");
      return [];
    }
  });
  return create(ProviderConfigSchema, {
    name: provider.name,
    type: providerTypeMessage(provider.type),
    baseUrl: provider.baseUrl,
    enabled: provider.enabled,
    credential: credentials[0]?.credential ?? "",
    credentials,
    problem: credentials.length === 0 ? problem : "",
  });
}
