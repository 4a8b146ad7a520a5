import { type Provider, ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import type { Secret } from "@aibridge/secret";
import { isDemoUrl } from "../demo-upstream/start.ts";

/** What `up` says once the pair serves. */
export interface Announcement {
  readonly gatewayUrl: string;
  readonly coderdUrl: string;
  readonly adminUrl: string;
  /** The first user's key, if nobody saw it yet. Then the other keys are shown, too. */
  readonly apiKey: Secret | undefined;
  readonly ownerKey: Secret;
  readonly gatewayKey: Secret;
  readonly dataFolder: string;
  readonly providers: readonly Provider[];
}

/** One line for programs. The keys are null once they have been shown. */
export function announcementJson(ready: Announcement): object {
  const { gatewayUrl, coderdUrl, adminUrl, apiKey, providers } = ready;
  const shown = (key: Secret) => (apiKey === undefined ? null : key.reveal());
  return {
    gatewayUrl,
    coderdUrl,
    adminUrl,
    apiKey: apiKey?.reveal() ?? null,
    ownerKey: shown(ready.ownerKey),
    gatewayKey: shown(ready.gatewayKey),
    demo: providers.some(({ baseUrl }) => isDemoUrl(baseUrl)),
  };
}

/** The same for people, with what to paste next. */
export function announcementText(ready: Announcement): string {
  return [
    "aibridge is up. Ctrl-C stops it.",
    "",
    `  gateway   ${ready.gatewayUrl}   agents and SDKs connect here`,
    `  coderd    ${ready.coderdUrl}   users, keys, providers: aibridge users list`,
    `  admin     ${ready.adminUrl}   /readyz and /metrics of the gateway`,
    `  data      ${ready.dataFolder}`,
    "",
    ...providerLines(ready.providers),
    "",
    ...keyLines(ready),
    "",
    ...nextLines(ready),
  ].join("\n");
}

function providerLines(providers: readonly Provider[]): string[] {
  const lines = providers.map(
    ({ name, baseUrl, enabled, credentialHint }) =>
      `  ${name.padEnd(9)} ${isDemoUrl(baseUrl) ? "demo" : baseUrl}${stateOf(enabled, credentialHint)}`,
  );
  if (!providers.some(({ baseUrl }) => isDemoUrl(baseUrl))) return ["Providers", ...lines];
  return [
    "Providers: none is configured, so a DEMO on this machine stands in. Its answers",
    "are a script's. Set ANTHROPIC_API_KEY or OPENAI_API_KEY and start again.",
    ...lines,
  ];
}

function stateOf(enabled: boolean, credentialHint: string): string {
  if (!enabled) return "   (disabled)";
  return credentialHint === "" ? "   (no key: users bring their own)" : "";
}

function keyLines({ apiKey, ownerKey, gatewayKey, dataFolder }: Announcement): string[] {
  if (apiKey === undefined) {
    return ["Keys were shown at the first run. A new one: aibridge keys create --user user"];
  }
  return [
    "Keys, shown this once",
    `  API key      ${apiKey.reveal()}   of the user "user", for agents`,
    `  owner key    ${ownerKey.reveal()}   of the user "admin", to administer`,
    `  gateway key  ${gatewayKey.reveal()}`,
    `  (The last two are kept in ${dataFolder}, for \`aibridge\` itself.)`,
  ];
}

function nextLines({ gatewayUrl, apiKey, providers }: Announcement): string[] {
  const key = apiKey?.reveal() ?? "$AIBRIDGE_API_KEY";
  const has = (type: ProviderType) => providers.find((provider) => provider.type === type)?.name;
  const anthropic = has(ProviderType.ANTHROPIC);
  const openai = has(ProviderType.OPENAI);
  return [
    ...(apiKey === undefined
      ? ["Paste next (with AIBRIDGE_API_KEY set to a key)"]
      : ["Paste next"]),
    ...(anthropic === undefined ? [] : anthropicLines(`${gatewayUrl}/${anthropic}`, key)),
    ...(openai === undefined ? [] : openaiLines(`${gatewayUrl}/${openai}/v1`, key)),
  ];
}

function anthropicLines(baseUrl: string, key: string): string[] {
  return [
    "",
    "  # curl, Messages",
    `  curl ${baseUrl}/v1/messages \\`,
    `    -H "x-api-key: ${key}" -H "anthropic-version: 2023-06-01" \\`,
    `    -H "content-type: application/json" \\`,
    `    -d '{"model":"claude-sonnet-5-5","max_tokens":256,"messages":[{"role":"user","content":"Hello"}]}'`,
    "",
    "  # Claude Code",
    `  ANTHROPIC_BASE_URL=${baseUrl} ANTHROPIC_AUTH_TOKEN=${key} claude`,
    "",
    "  # Anthropic SDK (any language reads these)",
    `  export ANTHROPIC_BASE_URL=${baseUrl} ANTHROPIC_API_KEY=${key}`,
  ];
}

function openaiLines(baseUrl: string, key: string): string[] {
  return [
    "",
    "  # curl, Chat Completions",
    `  curl ${baseUrl}/chat/completions \\`,
    `    -H "authorization: Bearer ${key}" -H "content-type: application/json" \\`,
    `    -d '{"model":"gpt-5.5","messages":[{"role":"user","content":"Hello"}]}'`,
    "",
    "  # Codex",
    `  AIBRIDGE_API_KEY=${key} codex -c model_provider=aibridge \\`,
    `    -c 'model_providers.aibridge={name="aibridge",base_url="${baseUrl}",env_key="AIBRIDGE_API_KEY",wire_api="responses"}'`,
    "",
    "  # OpenAI SDK (any language reads these)",
    `  export OPENAI_BASE_URL=${baseUrl} OPENAI_API_KEY=${key}`,
  ];
}
