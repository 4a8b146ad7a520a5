import {
  createRequestLimits,
  type LimitPolicy,
  limitsAnything,
  memoryLimitStore,
  type RequestLimits,
} from "@aibridge/aibridge";
import type { Logger } from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import { openRedisLimitStore } from "./redis-limit-store.ts";

/**
 * The limits that the configuration sets; undefined if it sets none, so that
 * nothing is paid for them. What it opens, `stack` closes.
 */
export function openRequestLimits(
  config: LimitPolicy & { readonly redisUrl: Secret | undefined },
  stack: AsyncDisposableStack,
  log: Logger,
): RequestLimits | undefined {
  if (!limitsAnything(config)) return undefined;
  if (!config.redisUrl) return createRequestLimits(config, memoryLimitStore);
  return createRequestLimits(config, stack.use(openRedisLimitStore(config.redisUrl, log)));
}
