import { join } from "node:path";
import { addressText, type ConfigSource, type ListenAddress, type Logger } from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import { Failure } from "../failure.ts";
import type { Ready } from "./child.ts";
import { type Service, supervise } from "./supervise.ts";

/** What both services of a pair share. */
export interface PairOptions {
  /** The environment of `up`, flags laid over it. */
  readonly source: ConfigSource;
  readonly dataFolder: string;
  readonly encryptionKeys: Secret;
  readonly coderdListen: ListenAddress;
  readonly gatewayListen: ListenAddress;
  readonly adminListen: ListenAddress;
  readonly logLevel: string;
  readonly drainTimeoutMs: number;
  readonly log: Logger;
}

/** Credentials that the services have no use for, and so don't get. */
const withheld: ConfigSource = {
  ANTHROPIC_API_KEY: undefined,
  OPENAI_API_KEY: undefined,
  AIBRIDGE_TOKEN: undefined,
  DATABASE_URL: undefined,
  AIBRIDGE_CODERD_TLS_CERT: undefined,
  AIBRIDGE_CODERD_TLS_KEY: undefined,
  AIBRIDGE_CODERD_CA: undefined,
  AIBRIDGE_GATEWAY_TLS_CERT: undefined,
  AIBRIDGE_GATEWAY_TLS_KEY: undefined,
};

/** On one machine, models and tools that run on it are what many want to use. */
const machine: ConfigSource = { AIBRIDGE_PRIVATE_UPSTREAMS: "allow" };

/** Starts coderd on the embedded store, and keeps it running. */
export async function startCoderd(
  options: PairOptions,
  signal: AbortSignal,
): Promise<Service & { readonly url: string }> {
  const { source, dataFolder, encryptionKeys, coderdListen, logLevel } = options;
  const env = (ready?: Ready) => ({
    ...machine,
    ...source,
    ...withheld,
    AIBRIDGE_DATA: dataFolder,
    AIBRIDGE_ENCRYPTION_KEYS: encryptionKeys.reveal(),
    AIBRIDGE_CODERD_LISTEN: samePort(coderdListen, ready?.url),
    AIBRIDGE_LOG_LEVEL: logLevel,
  });
  const service = await supervise({ ...options, command: "coderd", env }, signal);
  return { ...service, url: urlIn(service.ready, "url") };
}

/** Starts the gateway, and keeps it running. */
export async function startGateway(
  options: PairOptions,
  coderdUrl: string,
  gatewayKey: Secret,
  signal: AbortSignal,
): Promise<Service & { readonly url: string; readonly adminUrl: string }> {
  const { source, dataFolder, gatewayListen, adminListen, logLevel } = options;
  const env = (ready?: Ready) => ({
    ...machine,
    ...source,
    ...withheld,
    AIBRIDGE_CODERD_URL: coderdUrl,
    AIBRIDGE_GATEWAY_KEY: gatewayKey.reveal(),
    AIBRIDGE_SPOOL: join(dataFolder, "spool"),
    AIBRIDGE_GATEWAY_LISTEN: samePort(gatewayListen, ready?.gatewayUrl),
    AIBRIDGE_ADMIN_LISTEN: samePort(adminListen, ready?.adminUrl),
    AIBRIDGE_LOG_LEVEL: logLevel,
  });
  const service = await supervise({ ...options, command: "aibridged", env }, signal);
  const { ready } = service;
  return { ...service, url: urlIn(ready, "gatewayUrl"), adminUrl: urlIn(ready, "adminUrl") };
}

/** The address as it was asked for, with the port that was picked for it before, if one was. */
function samePort(asked: ListenAddress, url: unknown): string {
  const picked = typeof url === "string" ? Number(URL.parse(url)?.port) : Number.NaN;
  return addressText({ host: asked.host, port: picked > 0 ? picked : asked.port });
}

function urlIn(ready: Ready, name: string): string {
  const url = ready[name];
  if (typeof url === "string") return url;
  throw new Failure("not_started", `a service did not say its ${name}`);
}
