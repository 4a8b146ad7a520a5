import {
  type ProviderConfig,
  ProviderConfigSchema,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { create } from "@bufbuild/protobuf";
import { errorText } from "../error-code.ts";
import type { Provider } from "../store/providers.ts";
import type { ServiceContext } from "./context.ts";
import { providerTypeMessage } from "./provider-type.ts";

/** Every provider at one revision, with its credential in clear. */
interface Configuration {
  readonly revision: bigint;
  /** Undefined if the asker has this revision. */
  readonly configs: ProviderConfig[] | undefined;
}

/** Reads the configuration. */
export async function readConfiguration(
  knownRevision: bigint,
  context: Pick<ServiceContext, "store" | "keyRing" | "log">,
): Promise<Configuration> {
  const { revision, providers } = await context.store.providers.snapshot(knownRevision);
  return { revision, configs: providers?.map((provider) => configFrom(provider, context)) };
}

/**
 * A credential that can't be opened takes nothing from the provider's others,
 * and a provider without any that can takes nothing from other providers.
 */
function configFrom(
  provider: Provider,
  { keyRing, log }: Pick<ServiceContext, "keyRing" | "log">,
): ProviderConfig {
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
