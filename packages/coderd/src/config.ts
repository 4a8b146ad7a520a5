import {
  ConfigError,
  type ConfigOf,
  type ConfigProblem,
  type ConfigSource,
  durationMs,
  filePath,
  listenAddress,
  logLevels,
  oneOf,
  optional,
  parseConfig,
  privateUpstreams,
  sensitive,
  textSchema,
  variable,
} from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { parseRingKeys, type RingKey } from "./credentials/key-ring.ts";

const encryptionKeys = sensitive(
  textSchema<readonly RingKey[]>(
    "a list of <id>:<base64 of 32 bytes>, separated by commas, each id once",
    (text) => {
      try {
        return parseRingKeys(text);
      } catch {
        return undefined;
      }
    },
  ),
);

const databaseUrl = sensitive(
  textSchema("a URL such as postgres://user:password@host/database", (text) => {
    const isPostgres = /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? "");
    return isPostgres ? new Secret(text) : undefined;
  }),
);

const retentionDaysMax = 36_500;

const retentionDays = textSchema(
  `a number of days such as 60d, at most ${retentionDaysMax}d, or 0 to keep for ever`,
  (text) => {
    const days = Number(/^(0|\d{1,5}(?=d$))d?$/.exec(text)?.[1]);
    return days <= retentionDaysMax ? days : undefined;
  },
);

const fields = {
  listen: variable("AIBRIDGE_CODERD_LISTEN", listenAddress, "127.0.0.1:7080"),
  databaseUrl: optional("DATABASE_URL", databaseUrl),
  data: optional("AIBRIDGE_DATA", filePath),
  encryptionKeys: optional("AIBRIDGE_ENCRYPTION_KEYS", encryptionKeys),
  /** Where providers and MCP servers may be. */
  privateUpstreams: variable("AIBRIDGE_PRIVATE_UPSTREAMS", privateUpstreams, "refuse"),
  retentionDays: variable("AIBRIDGE_RETENTION", retentionDays, "60d"),
  tlsCert: optional("AIBRIDGE_CODERD_TLS_CERT", filePath),
  tlsKey: optional("AIBRIDGE_CODERD_TLS_KEY", filePath),
  drainTimeoutMs: variable("AIBRIDGE_DRAIN_TIMEOUT", durationMs, "30s"),
  logLevel: variable("AIBRIDGE_LOG_LEVEL", oneOf(...logLevels), "info"),
};

/** How a coderd runs. `data` is used where there is no `databaseUrl`. */
export type CoderdConfig = ConfigOf<typeof fields>;

/**
 * Reads the configuration from variables. Throws a `ConfigError` that names
 * everything that is wrong with it.
 */
export function parseCoderdConfig(source: ConfigSource): CoderdConfig {
  const config = parseConfig(source, fields);
  const problems = [...storeProblems(config), ...tlsProblems(config)];
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** There is no default: an embedded store by accident would look like lost data. */
function storeProblems({ databaseUrl, data }: CoderdConfig): ConfigProblem[] {
  if (databaseUrl !== undefined || data !== undefined) return [];
  const wanted =
    "the URL of a PostgreSQL database, or AIBRIDGE_DATA to a folder for an embedded one";
  return [{ variable: "DATABASE_URL", wanted, came: undefined }];
}

function tlsProblems({ tlsCert, tlsKey }: CoderdConfig): ConfigProblem[] {
  if ((tlsCert === undefined) === (tlsKey === undefined)) return [];
  const [missing, present] =
    tlsCert === undefined ? [fields.tlsCert, fields.tlsKey] : [fields.tlsKey, fields.tlsCert];
  const wanted = `a path, because ${present.variable} is set`;
  return [{ variable: missing.variable, wanted, came: undefined }];
}
