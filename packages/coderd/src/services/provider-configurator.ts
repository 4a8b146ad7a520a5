import type { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ServiceContext } from "./context.ts";
import { readConfiguration } from "./provider-configuration.ts";
import { watchProviders } from "./watch-providers.ts";

/** Hands gateways the providers with their credentials in clear. */
export function providerConfiguratorService(
  context: ServiceContext,
): ServiceImpl<typeof ProviderConfiguratorService> {
  return {
    async getProviders({ knownRevision }) {
      const { revision, configs = [] } = await readConfiguration(knownRevision, context);
      return { revision, providers: configs };
    },
    watchProviders: (request, call) => watchProviders(request, call, context),
  };
}
