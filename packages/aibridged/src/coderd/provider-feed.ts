import type { ProviderConfig } from "@aibridge/aibridge";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ProviderConfiguratorService,
  type ProviderConfig as ProviderMessage,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import type { Check, Logger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { createClient } from "@connectrpc/connect";
import type { Coderds } from "./coderds.ts";
import { keepStream } from "./keep-stream.ts";

/** coderd says something at least every second. */
const silenceMs = 2_500;

export interface ProviderFeedOptions {
  readonly coderds: Coderds;
  /**
   * Told the whole configuration, at first and after each change, and the names
   * of those providers in it that are of a type this gateway doesn't know.
   */
  readonly onProviders: (configs: readonly ProviderConfig[], unknown: readonly string[]) => void;
  readonly log: Logger;
}

/** Keeps the gateway's providers as coderd has them. */
export interface ProviderFeed {
  /** Resolves after the first attempt, whether coderd answered or not. */
  readonly tried: Promise<void>;
  /** Whether there is a configuration. */
  check(): Check;
}

/** Follows coderd's configuration, as it is pushed, until `signal` aborts. */
export function followProviders(options: ProviderFeedOptions, signal: AbortSignal): ProviderFeed {
  const { coderds, onProviders, log } = options;
  const tried = Promise.withResolvers<void>();
  let knownRevision = 0n;
  let isConfigured = false;
  void keepStream(
    {
      coderds,
      silenceMs,
      open: (transport, streamSignal) =>
        createClient(ProviderConfiguratorService, transport).watchProviders(
          { knownRevision },
          { signal: streamSignal },
        ),
      onMessage({ revision, changed, providers }) {
        knownRevision = revision;
        tried.resolve();
        if (!changed) return;
        isConfigured = true;
        log.info({ revision: String(revision), providers: providers.length }, "providers");
        const configs = providers.flatMap((provider) => configFrom(provider, log));
        const known = new Set(configs.map(({ name }) => name));
        const unknown = providers.map(({ name }) => name).filter((name) => !known.has(name));
        onProviders(configs, unknown);
      },
      onEnd: () => tried.resolve(),
    },
    signal,
  );
  const notYet: Check = { ok: false, why: "no provider configuration came yet" };
  return { tried: tried.promise, check: () => (isConfigured ? { ok: true } : notYet) };
}

function configFrom(message: ProviderMessage, log: Logger): ProviderConfig[] {
  const { name, baseUrl, enabled, credential, problem } = message;
  const type = typeFrom(message.type);
  if (!type) {
    log.error(
      { provider: name, type: message.type },
      "provider of a type this gateway doesn't know",
    );
    return [];
  }
  return [
    {
      name,
      type,
      baseUrl,
      enabled,
      credential: credential ? new Secret(credential) : undefined,
      credentials: message.credentials.map((key) => ({
        id: key.id,
        credential: new Secret(key.credential),
      })),
      problem,
    },
  ];
}

function typeFrom(type: ProviderType): ProviderConfig["type"] | undefined {
  if (type === ProviderType.ANTHROPIC) return "anthropic";
  return type === ProviderType.OPENAI ? "openai" : undefined;
}
