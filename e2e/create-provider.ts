import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import type { CoderdClients } from "@aibridge/testing/harness";

/** Creates the provider of this name, where a fake upstream is that takes any credential. */
export async function createProvider(
  { providers }: Pick<CoderdClients, "providers">,
  name: "anthropic" | "openai",
  { url }: Pick<FakeUpstream, "url">,
): Promise<void> {
  const isAnthropic = name === "anthropic";
  await providers.createProvider({
    name,
    type: isAnthropic ? ProviderType.ANTHROPIC : ProviderType.OPENAI,
    baseUrl: isAnthropic ? url : `${url}/v1`,
    credential: "sk-upstream",
  });
}
