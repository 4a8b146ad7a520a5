import { durationMs, integerBetween, optional, secretString, variable } from "@aibridge/runtime";
import { flag } from "../command.ts";

const limit = integerBetween(1, 1_000_000);

/** How much callers may ask for, and how much is asked of providers. */
export const limitFlags = {
  userRequests: flag(
    "--limit-user-requests-per-minute <number>",
    "how many requests a user may make in a minute",
    optional("AIBRIDGE_LIMIT_USER_REQUESTS_PER_MINUTE", limit),
  ),
  keyRequests: flag(
    "--limit-key-requests-per-minute <number>",
    "how many requests a key may make in a minute",
    optional("AIBRIDGE_LIMIT_KEY_REQUESTS_PER_MINUTE", limit),
  ),
  userConcurrent: flag(
    "--limit-user-concurrent-requests <number>",
    "how many requests of a user are served at the same moment",
    optional("AIBRIDGE_LIMIT_USER_CONCURRENT_REQUESTS", limit),
  ),
  keyConcurrent: flag(
    "--limit-key-concurrent-requests <number>",
    "how many requests of a key are served at the same moment",
    optional("AIBRIDGE_LIMIT_KEY_CONCURRENT_REQUESTS", limit),
  ),
  redisUrl: flag(
    "--redis-url <url>",
    "a Redis where gateways share these counts",
    optional("REDIS_URL", secretString),
  ),
  shedDelay: flag(
    "--shed-event-loop-delay <time>",
    "how late the process may be before it refuses new requests; 0s for never",
    variable("AIBRIDGE_SHED_EVENT_LOOP_DELAY", durationMs, "1s"),
  ),
  upstreamRetries: flag(
    "--upstream-retries <number>",
    "how often a provider that fails is asked again for one request",
    variable("AIBRIDGE_UPSTREAM_RETRIES", integerBetween(0, 5), "0"),
  ),
  breakerFailures: flag(
    "--breaker-failures <number>",
    "after how many failures in a row a provider and model are not asked",
    variable("AIBRIDGE_BREAKER_FAILURES", limit, "20"),
  ),
  breakerOpen: flag(
    "--breaker-open <time>",
    "for how long they are not",
    variable("AIBRIDGE_BREAKER_OPEN", durationMs, "5s"),
  ),
};
