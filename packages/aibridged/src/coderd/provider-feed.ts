import { setTimeout as sleep } from "node:timers/promises";
import type { ProviderConfig } from "@aibridge/aibridge";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ProviderConfiguratorService,
  type ProviderConfig as ProviderMessage,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import type { Check, Logger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";

/** How old what we know of the providers may be. */
const pollIntervalMs = 1_000;

export interface ProviderFeedOptions {
  readonly transport: Transport;
  /** Told the whole configuration, at first and after each change. */
  readonly onProviders: (configs: readonly ProviderConfig[]) => void;
  readonly log: Logger;
}

/** Keeps the gateway's providers as coderd has them. */
export interface ProviderFeed {
  /** Resolves after the first attempt, whether coderd answered or not. */
  readonly tried: Promise<void>;
  /** Whether coderd answered the last time it was asked. */
  check(): Check;
}

/** Follows coderd's configuration until `signal` aborts. */
export function followProviders(options: ProviderFeedOptions, signal: AbortSignal): ProviderFeed {
  const { transport, onProviders, log } = options;
  const client = createClient(ProviderConfiguratorService, transport);
  let revision = 0n;
  let check: Check = { ok: false, why: "coderd was not asked yet" };

  async function poll(): Promise<void> {
    try {
      const answer = await client.getProviders({ knownRevision: revision }, { signal });
      if (answer.revision !== revision) {
        revision = answer.revision;
        onProviders(answer.providers.flatMap((provider) => configFrom(provider, log)));
        log.info({ revision: String(revision), providers: answer.providers.length }, "providers");
      }
      if (!check.ok) log.info({}, "coderd answers");
      check = { ok: true };
    } catch (error) {
      if (signal.aborted) return;
      const why = `coderd does not answer: ${ConnectError.from(error).message}`;
      if (check.ok || check.why !== why) log.warn({ err: error }, "coderd does not answer");
      check = { ok: false, why };
    }
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      await poll();
      await sleep(pollIntervalMs, undefined, { signal }).catch(() => {});
    }
  }

  const tried = poll();
  void tried.then(follow);
  return { tried, check: () => check };
}

function configFrom(message: ProviderMessage, log: Logger): ProviderConfig[] {
  const { name, baseUrl, enabled, credential } = message;
  const type = typeFrom(message.type);
  if (!type) {
    log.error(
      { provider: name, type: message.type },
      "provider of a type this gateway doesn't know",
    );
    return [];
  }
  return [
    { name, type, baseUrl, enabled, credential: credential ? new Secret(credential) : undefined },
  ];
}

function typeFrom(type: ProviderType): ProviderConfig["type"] | undefined {
  if (type === ProviderType.ANTHROPIC) return "anthropic";
  return type === ProviderType.OPENAI ? "openai" : undefined;
}
