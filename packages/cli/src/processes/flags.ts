import {
  durationMs,
  filePath,
  httpUrls,
  integerBetween,
  listenAddress,
  logLevels,
  oneOf,
  optional,
  required,
  secretString,
  textSchema,
  variable,
} from "@aibridge/runtime";
import { flag } from "../command.ts";
import {
  clientFlags,
  privateUpstreamsFlag,
  spoolBytesFlag,
  upstreamFlags,
} from "./gateway-flags.ts";
import { limitFlags } from "./limit-flags.ts";
import { livenessFlags } from "./liveness-flags.ts";
import { privacyFlags } from "./privacy-flags.ts";
import { toolFlags } from "./tool-flags.ts";

// The services read these variables themselves. Here they are named once more,
// because a flag needs words, and `up` needs those of both.

/** Flags of everything that runs for long. */
export const processFlags = {
  drainTimeoutMs: flag(
    "--drain-timeout <time>",
    "how long running requests may take to end after SIGTERM",
    variable("AIBRIDGE_DRAIN_TIMEOUT", durationMs, "30s"),
  ),
};

/** How much is logged, by default `fallback`. */
export function logLevelFlag(fallback: "info" | "warn") {
  return flag(
    "--log-level <level>",
    `what to log on stderr: ${logLevels.join(", ")}`,
    variable("AIBRIDGE_LOG_LEVEL", oneOf(...logLevels), fallback),
  );
}

/** Where the services listen. */
export const coderdListenFlag = flag(
  "--coderd-listen <address>",
  "where coderd listens; port 0 picks a free one",
  variable("AIBRIDGE_CODERD_LISTEN", listenAddress, "127.0.0.1:7080"),
);
export const gatewayListenFlag = flag(
  "--gateway-listen <address>",
  "where the gateway listens for agents; port 0 picks a free one",
  variable("AIBRIDGE_GATEWAY_LISTEN", listenAddress, "127.0.0.1:7090"),
);
export const adminListenFlag = flag(
  "--admin-listen <address>",
  "where the gateway shows health and metrics; port 0 picks a free one",
  variable("AIBRIDGE_ADMIN_LISTEN", listenAddress, "127.0.0.1:7091"),
);

/** Which database coderd uses. */
export const storeFlags = {
  databaseUrl: flag(
    "--database-url <url>",
    "the PostgreSQL to use",
    optional("DATABASE_URL", secretString),
  ),
  data: flag(
    "--data <folder>",
    "without a PostgreSQL: the folder of an embedded one",
    optional("AIBRIDGE_DATA", filePath),
  ),
};

/** How long coderd keeps the record. */
export const retentionFlag = flag(
  "--retention <days>",
  "how long the record is kept; 0 keeps it for ever",
  variable(
    "AIBRIDGE_RETENTION",
    textSchema("a text", (text) => text),
    "60d",
  ),
);

/** Flags of coderd alone. */
export const coderdFlags = {
  coderdListen: coderdListenFlag,
  ...storeFlags,
  retention: retentionFlag,
  privateUpstreams: privateUpstreamsFlag,
  tlsCert: flag(
    "--coderd-tls-cert <file>",
    "serve TLS with this certificate chain (PEM)",
    optional("AIBRIDGE_CODERD_TLS_CERT", filePath),
  ),
  tlsKey: flag(
    "--coderd-tls-key <file>",
    "the certificate's private key (PEM)",
    optional("AIBRIDGE_CODERD_TLS_KEY", filePath),
  ),
};

/** Flags of aibridged alone. */
export const aibridgedFlags = {
  gatewayListen: gatewayListenFlag,
  adminListen: adminListenFlag,
  workers: flag(
    "--workers <count>",
    "how many processes serve, on one port; one for each core uses all of them",
    variable("AIBRIDGE_WORKERS", integerBetween(1, 256), "1"),
  ),
  coderdUrls: flag(
    "--coderd-url <urls>",
    "where coderd is; several, in the order of preference, are separated by commas",
    variable("AIBRIDGE_CODERD_URL", httpUrls, "http://127.0.0.1:7080"),
  ),
  coderdCa: flag(
    "--coderd-ca <file>",
    "certificates (PEM) to trust coderd's TLS by; else the system's",
    optional("AIBRIDGE_CODERD_CA", filePath),
  ),
  gatewayKey: flag(
    "--gateway-key <key>",
    "the gateway key to present to coderd",
    required("AIBRIDGE_GATEWAY_KEY", secretString),
  ),
  tlsCert: flag(
    "--gateway-tls-cert <file>",
    "serve TLS with this certificate chain (PEM)",
    optional("AIBRIDGE_GATEWAY_TLS_CERT", filePath),
  ),
  tlsKey: flag(
    "--gateway-tls-key <file>",
    "the certificate's private key (PEM)",
    optional("AIBRIDGE_GATEWAY_TLS_KEY", filePath),
  ),
  spool: flag(
    "--spool <folder>",
    "where evidence waits until coderd has it; it must outlive the process",
    variable("AIBRIDGE_SPOOL", filePath, "./.aibridge/spool"),
  ),
  spoolBytes: spoolBytesFlag,
  privateUpstreams: privateUpstreamsFlag,
  ...clientFlags,
  ...privacyFlags,
  ...upstreamFlags,
  ...livenessFlags,
  ...limitFlags,
  ...toolFlags,
};
