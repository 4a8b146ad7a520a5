import { type Provider, ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { type ConfigOf, httpUrl, optional, secretString } from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import { everyPage } from "../admin/pages.ts";
import type { AdminSession } from "../admin/session.ts";
import { type DemoUpstream, isDemoUrl } from "../demo-upstream/start.ts";

/**
 * The variables that name providers: those of the official SDKs. They have no
 * flags, because a key on a command line is there for every user to see.
 */
export const providerFields = {
  anthropicKey: optional("ANTHROPIC_API_KEY", secretString),
  anthropicUrl: optional("ANTHROPIC_BASE_URL", httpUrl),
  openaiKey: optional("OPENAI_API_KEY", secretString),
  openaiUrl: optional("OPENAI_BASE_URL", httpUrl),
};

/** A provider as its variables describe it. */
export interface NamedProvider {
  readonly name: "anthropic" | "openai";
  readonly type: ProviderType;
  readonly key: Secret | undefined;
  readonly baseUrl: string | undefined;
}

/** What is sent as key to a base URL that came without one. See `applyProviders`. */
const placeholderKey = "no-key";

/**
 * Brings coderd's providers in line with the variables, at each start.
 *
 * - A key, a base URL or both: the provider is created, or updated to them.
 * - A base URL alone means a server that asks for no key, such as one that runs
 *   models on this machine. Such servers accept any, so `no-key` is sent; one
 *   that does want a key refuses that in its own words, and users may still
 *   bring their own.
 * - Neither: what coderd has of an earlier run or from the `providers` commands
 *   stays as it is.
 *
 * If that leaves coderd without any provider, `startDemo` is called for one
 * that stands in for both. A demo that an earlier run left is removed.
 */
export async function applyProviders(
  { providers }: AdminSession,
  named: readonly NamedProvider[],
  startDemo: () => Promise<DemoUpstream>,
): Promise<Provider[]> {
  const list = () =>
    everyPage(
      (page) => providers.listProviders(page),
      (page) => page.providers,
    );
  const known = await list();
  const isKnown = (name: string) => known.some((provider) => provider.name === name);
  const put = async (name: string, type: ProviderType, baseUrl: string, credential: string) => {
    if (!isKnown(name)) await providers.createProvider({ name, type, baseUrl, credential });
    else await providers.updateProvider({ name, baseUrl, credential });
  };

  const configured = named.filter(({ key, baseUrl }) => key !== undefined || baseUrl !== undefined);
  for (const { name, type, key, baseUrl } of configured) {
    await put(name, type, baseUrl ?? publicUrls[name], key?.reveal() ?? placeholderKey);
  }
  const isConfigured = (name: string) => configured.some((provider) => provider.name === name);
  const leftOver = known.filter(({ name, baseUrl }) => isDemoUrl(baseUrl) && !isConfigured(name));
  if (configured.length === 0 && leftOver.length === known.length) {
    const demo = await startDemo();
    for (const { name, type } of named) await put(name, type, demo.baseUrls[name], demo.apiKey);
  } else {
    for (const { name } of leftOver) await providers.deleteProvider({ name });
  }
  return await list();
}

/** Where the public APIs are, in the form that wire.md, section 5, wants of a base URL. */
const publicUrls = {
  anthropic: "https://api.anthropic.com",
  openai: "https://api.openai.com/v1",
} as const;

/** Both providers, with what was set for them. */
export function namedProviders(settings: ConfigOf<typeof providerFields>): NamedProvider[] {
  return [
    {
      name: "anthropic",
      type: ProviderType.ANTHROPIC,
      key: settings.anthropicKey,
      baseUrl: settings.anthropicUrl,
    },
    {
      name: "openai",
      type: ProviderType.OPENAI,
      key: settings.openaiKey,
      baseUrl: settings.openaiUrl,
    },
  ];
}
