import { durationMs, integerBetween, privateUpstreams, variable } from "@aibridge/runtime";
import { flag } from "../command.ts";

/** How much evidence may wait. */
export const spoolBytesFlag = flag(
  "--spool-max-bytes <bytes>",
  "how large the spool may grow; then new requests get 503",
  variable("AIBRIDGE_SPOOL_MAX_BYTES", integerBetween(1_048_576, 2 ** 40), "268435456"),
);

/** How long the gateway waits for clients. */
export const clientFlags = {
  clientHeaders: flag(
    "--client-headers-timeout <time>",
    "how long the headers of a request may take to come",
    variable("AIBRIDGE_CLIENT_HEADERS_TIMEOUT", durationMs, "20s"),
  ),
  clientBody: flag(
    "--client-body-timeout <time>",
    "how long the body after them may take",
    variable("AIBRIDGE_CLIENT_BODY_TIMEOUT", durationMs, "280s"),
  ),
  clientIdle: flag(
    "--client-idle-timeout <time>",
    "how long a client may take nothing of its answer",
    variable("AIBRIDGE_CLIENT_IDLE_TIMEOUT", durationMs, "10m"),
  ),
};

/** Where providers and MCP servers may be; both services have it. */
export const privateUpstreamsFlag = flag(
  "--private-upstreams <which>",
  "whether providers and MCP servers may be in private networks: refuse, allow or allow-link-local",
  variable("AIBRIDGE_PRIVATE_UPSTREAMS", privateUpstreams, "refuse"),
);

/** How long the gateway waits for providers. */
export const upstreamFlags = {
  upstreamConnect: flag(
    "--upstream-connect-timeout <time>",
    "how long connecting to a provider may take",
    variable("AIBRIDGE_UPSTREAM_CONNECT_TIMEOUT", durationMs, "10s"),
  ),
  upstreamFirstByte: flag(
    "--upstream-first-byte-timeout <time>",
    "how long it may take until a provider's answer begins",
    variable("AIBRIDGE_UPSTREAM_FIRST_BYTE_TIMEOUT", durationMs, "10m"),
  ),
  upstreamIdle: flag(
    "--upstream-idle-timeout <time>",
    "how long a provider may pause in its answer",
    variable("AIBRIDGE_UPSTREAM_IDLE_TIMEOUT", durationMs, "5m"),
  ),
};
