import {
  ConfigError,
  type ConfigOf,
  type ConfigSource,
  durationMs,
  filePath,
  httpUrl,
  listenAddress,
  logLevels,
  oneOf,
  optional,
  parseConfig,
  required,
  secretString,
  variable,
} from "@aibridge/runtime";

const fields = {
  /** Where agents and SDKs connect. */
  gatewayListen: variable("AIBRIDGE_GATEWAY_LISTEN", listenAddress, "127.0.0.1:7090"),
  /** Where operators look: health, readiness and metrics. */
  adminListen: variable("AIBRIDGE_ADMIN_LISTEN", listenAddress, "127.0.0.1:7091"),
  coderdUrl: variable("AIBRIDGE_CODERD_URL", httpUrl, "http://127.0.0.1:7080"),
  /** What the gateway presents itself to coderd by. */
  gatewayKey: required("AIBRIDGE_GATEWAY_KEY", secretString),
  /** A PEM file: whom to trust for coderd's certificate, instead of the system's list. */
  coderdCa: optional("AIBRIDGE_CODERD_CA", filePath),
  tlsCert: optional("AIBRIDGE_GATEWAY_TLS_CERT", filePath),
  tlsKey: optional("AIBRIDGE_GATEWAY_TLS_KEY", filePath),
  upstreamConnectMs: variable("AIBRIDGE_UPSTREAM_CONNECT_TIMEOUT", durationMs, "10s"),
  upstreamFirstByteMs: variable("AIBRIDGE_UPSTREAM_FIRST_BYTE_TIMEOUT", durationMs, "10m"),
  upstreamIdleMs: variable("AIBRIDGE_UPSTREAM_IDLE_TIMEOUT", durationMs, "5m"),
  drainTimeoutMs: variable("AIBRIDGE_DRAIN_TIMEOUT", durationMs, "30s"),
  logLevel: variable("AIBRIDGE_LOG_LEVEL", oneOf(...logLevels), "info"),
};

/** How an aibridged is told what to do. Times in milliseconds. */
export type AibridgedConfig = ConfigOf<typeof fields>;

/** @throws ConfigError with every problem at once. */
export function parseAibridgedConfig(source: ConfigSource): AibridgedConfig {
  const config = parseConfig(source, fields);
  if (Boolean(config.tlsCert) !== Boolean(config.tlsKey)) {
    const variable = config.tlsCert ? "AIBRIDGE_GATEWAY_TLS_KEY" : "AIBRIDGE_GATEWAY_TLS_CERT";
    throw new ConfigError([{ variable, wanted: "the other file of the pair", came: undefined }]);
  }
  return config;
}
