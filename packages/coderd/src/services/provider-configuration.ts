import {
  type ProviderConfig,
  ProviderConfigSchema,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { create } from "@bufbuild/protobuf";
import { type KeyRing, KeyRingError } from "../credentials/key-ring.ts";
import type { Provider } from "../store/providers.ts";
import type { ServiceContext } from "./context.ts";
import { providerTypeMessage } from "./provider-type.ts";

/** Every provider at one revision, with its credential in clear. */
interface Configuration {
  readonly revision: bigint;
  /** Undefined if the asker has this revision. */
  readonly configs: ProviderConfig[] | undefined;
}

/** Reads the configuration. Throws a `KeyRingError` if a credential can't be opened. */
export async function readConfiguration(
  knownRevision: bigint,
  { store, keyRing }: Pick<ServiceContext, "store" | "keyRing">,
): Promise<Configuration> {
  const { revision, providers } = await store.providers.snapshot(knownRevision);
  return { revision, configs: providers?.map((provider) => configFrom(provider, keyRing)) };
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
