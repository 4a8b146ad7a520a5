import {
  contentPrivacies,
  parsePrivacyByProvider,
  privacyByProviderWanted,
} from "@aibridge/aibridge";
import {
  ConfigError,
  type ConfigOf,
  type ConfigSource,
  durationBetween,
  durationMs,
  filePath,
  httpUrls,
  integerBetween,
  listenAddress,
  logLevels,
  oneOf,
  optional,
  parseConfig,
  privateUpstreams,
  required,
  secretString,
  sensitive,
  textSchema,
  variable,
} from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";

/** No deadline of MCP may be 0: nothing would ever meet it. */
const mcpDeadline = durationBetween(1, 3_600_000);
const mcpResultBytes = integerBetween(1_024, 16_777_216);
const kept = oneOf(...contentPrivacies);
const spoolBytes = integerBetween(1_048_576, 2 ** 40);
const redisUrl = sensitive(
  textSchema("a redis:// or rediss:// URL", (text) =>
    /^rediss?:$/.test(URL.parse(text)?.protocol ?? "") ? new Secret(text) : undefined,
  ),
);
const limit = integerBetween(1, 1_000_000);
// Of both, no less than a busy machine may need. Long ones are allowed, and
// docs/running.md says what they cost.
const silence = durationBetween(300, 3_600_000);
const unconfirmed = durationBetween(500, 24 * 3_600_000);
// Whoever waits for strangers does so for a time that has an end.
const clientDeadline = durationBetween(100, 24 * 3_600_000);
const byProvider = textSchema(privacyByProviderWanted, parsePrivacyByProvider);

const fields = {
  /** Where agents and SDKs connect. */
  gatewayListen: variable("AIBRIDGE_GATEWAY_LISTEN", listenAddress, "127.0.0.1:7090"),
  /** How many processes serve. */
  workers: variable("AIBRIDGE_WORKERS", integerBetween(1, 256), "1"),
  /** Where operators look: health, readiness and metrics. */
  adminListen: variable("AIBRIDGE_ADMIN_LISTEN", listenAddress, "127.0.0.1:7091"),
  /** Where each coderd is, in the order of preference. */
  coderdUrls: variable("AIBRIDGE_CODERD_URL", httpUrls, "http://127.0.0.1:7080"),
  /** After how long the next coderd is asked as well. */
  coderdTryNextMs: variable("AIBRIDGE_CODERD_TRY_NEXT_AFTER", durationMs, "300ms"),
  /** How long coderd's stream of invalidations may be silent before each request asks. */
  livenessSilenceMs: variable("AIBRIDGE_LIVENESS_SILENCE", silence, "400ms"),
  /** How long a request may run without it being known that its key lives. */
  unconfirmedMs: variable("AIBRIDGE_UNCONFIRMED_STREAM_TIMEOUT", unconfirmed, "650ms"),
  /** What the gateway presents itself to coderd by. */
  gatewayKey: required("AIBRIDGE_GATEWAY_KEY", secretString),
  /** A PEM file: whom to trust for coderd's certificate, instead of the system's list. */
  coderdCa: optional("AIBRIDGE_CODERD_CA", filePath),
  tlsCert: optional("AIBRIDGE_GATEWAY_TLS_CERT", filePath),
  tlsKey: optional("AIBRIDGE_GATEWAY_TLS_KEY", filePath),
  /** How long a client may take to send the headers of a request, and then its body. */
  clientHeadersMs: variable("AIBRIDGE_CLIENT_HEADERS_TIMEOUT", clientDeadline, "20s"),
  clientBodyMs: variable("AIBRIDGE_CLIENT_BODY_TIMEOUT", clientDeadline, "280s"),
  /** How long it may take nothing of an answer that waits for it. */
  clientIdleMs: variable("AIBRIDGE_CLIENT_IDLE_TIMEOUT", clientDeadline, "10m"),
  /** Where providers and MCP servers may be. */
  privateUpstreams: variable("AIBRIDGE_PRIVATE_UPSTREAMS", privateUpstreams, "refuse"),
  upstreamConnectMs: variable("AIBRIDGE_UPSTREAM_CONNECT_TIMEOUT", durationMs, "10s"),
  upstreamFirstByteMs: variable("AIBRIDGE_UPSTREAM_FIRST_BYTE_TIMEOUT", durationMs, "10m"),
  upstreamIdleMs: variable("AIBRIDGE_UPSTREAM_IDLE_TIMEOUT", durationMs, "5m"),
  mcpConnectMs: variable("AIBRIDGE_MCP_CONNECT_TIMEOUT", mcpDeadline, "5s"),
  mcpListMs: variable("AIBRIDGE_MCP_LIST_TIMEOUT", mcpDeadline, "5s"),
  mcpCallMs: variable("AIBRIDGE_MCP_CALL_TIMEOUT", mcpDeadline, "60s"),
  /** How long a user's first request waits for tools at most. */
  mcpFirstWaitMs: variable("AIBRIDGE_MCP_FIRST_WAIT", durationMs, "2s"),
  mcpResultBytesMax: variable("AIBRIDGE_MCP_RESULT_MAX_BYTES", mcpResultBytes, "1048576"),
  toolRoundsMax: variable("AIBRIDGE_TOOL_ROUNDS_MAX", integerBetween(1, 1_000), "10"),
  toolTimeMs: variable("AIBRIDGE_TOOL_TIMEOUT", mcpDeadline, "5m"),
  toolTokensMax: variable("AIBRIDGE_TOOL_TOKENS_MAX", integerBetween(1, 1e9), "2000000"),
  upstreamRetriesMax: variable("AIBRIDGE_UPSTREAM_RETRIES", integerBetween(0, 5), "0"),
  breakerFailures: variable("AIBRIDGE_BREAKER_FAILURES", integerBetween(1, 1_000_000), "20"),
  breakerOpenMs: variable("AIBRIDGE_BREAKER_OPEN", durationMs, "5s"),
  /** Where evidence waits until coderd has it. It must outlive the process. */
  spool: variable("AIBRIDGE_SPOOL", filePath, "./.aibridge/spool"),
  spoolBytesMax: variable("AIBRIDGE_SPOOL_MAX_BYTES", spoolBytes, "268435456"),
  recordPrompts: variable("AIBRIDGE_RECORD_PROMPTS", kept, "full"),
  recordPromptsByProvider: optional("AIBRIDGE_RECORD_PROMPTS_BY_PROVIDER", byProvider),
  recordToolArguments: variable("AIBRIDGE_RECORD_TOOL_ARGUMENTS", kept, "full"),
  recordToolArgumentsByProvider: optional("AIBRIDGE_RECORD_TOOL_ARGUMENTS_BY_PROVIDER", byProvider),
  recordThoughts: variable("AIBRIDGE_RECORD_THOUGHTS", kept, "full"),
  recordThoughtsByProvider: optional("AIBRIDGE_RECORD_THOUGHTS_BY_PROVIDER", byProvider),
  requestsPerMinuteByUser: optional("AIBRIDGE_LIMIT_USER_REQUESTS_PER_MINUTE", limit),
  requestsPerMinuteByKey: optional("AIBRIDGE_LIMIT_KEY_REQUESTS_PER_MINUTE", limit),
  concurrentByUser: optional("AIBRIDGE_LIMIT_USER_CONCURRENT_REQUESTS", limit),
  concurrentByKey: optional("AIBRIDGE_LIMIT_KEY_CONCURRENT_REQUESTS", limit),
  /** Where gateways share their counts; each counts for itself without it. */
  redisUrl: optional("REDIS_URL", redisUrl),
  /** How late the process may be with everything before it refuses new requests. */
  shedDelayMs: variable("AIBRIDGE_SHED_EVENT_LOOP_DELAY", durationMs, "1s"),
  drainTimeoutMs: variable("AIBRIDGE_DRAIN_TIMEOUT", durationMs, "30s"),
  logLevel: variable("AIBRIDGE_LOG_LEVEL", oneOf(...logLevels), "info"),
};

/** How an aibridged is told what to do. Times in milliseconds. */
export interface AibridgedConfig extends ConfigOf<typeof fields> {
  /** OpenTelemetry's standard variables, those that are set. */
  readonly otel: ConfigSource;
  /** What it was parsed from, as JSON, for workers to parse it again. */
  readonly source: Secret;
}

/** @throws ConfigError with every problem at once. */
export function parseAibridgedConfig(source: ConfigSource): AibridgedConfig {
  const config = parseConfig(source, fields);
  if (Boolean(config.tlsCert) !== Boolean(config.tlsKey)) {
    const variable = config.tlsCert ? "AIBRIDGE_GATEWAY_TLS_KEY" : "AIBRIDGE_GATEWAY_TLS_CERT";
    throw new ConfigError([{ variable, wanted: "the other file of the pair", came: undefined }]);
  }
  const otel = Object.entries(source).filter(([name]) => name.startsWith("OTEL_"));
  return { ...config, otel: Object.fromEntries(otel), source: new Secret(JSON.stringify(source)) };
}
