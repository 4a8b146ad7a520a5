import type { ContextValues } from "@connectrpc/connect";
import type { ServiceContext } from "../services/context.ts";
import type { GatewayKeyFacts } from "../store/authorizations.ts";
import { callerKeyIdKey } from "./caller.ts";
import { callerRefusalError } from "./refusals.ts";

const lastSeenGranularityMs = 60_000;

/**
 * Accepts the gateway key that a caller presented, as the store has it, or
 * throws the refusal. Notes its use at most once a minute for each key, so
 * that a request costs no write.
 */
export async function acceptGatewayKey(
  gatewayKey: GatewayKeyFacts | undefined,
  values: ContextValues,
  context: ServiceContext,
): Promise<GatewayKeyFacts> {
  if (gatewayKey === undefined || gatewayKey.isRevoked) {
    throw callerRefusalError("invalid_gateway_key");
  }
  values.set(callerKeyIdKey, gatewayKey.id);
  await noteUse(gatewayKey, context);
  return gatewayKey;
}

/** Keys whose use is being written: one write is enough, however many requests see the old time. */
const noting = new WeakMap<ServiceContext, Set<string>>();

async function noteUse(
  { id, lastSeenTime }: GatewayKeyFacts,
  context: ServiceContext,
): Promise<void> {
  const now = context.now();
  if (lastSeenTime !== null && now.getTime() - lastSeenTime.getTime() < lastSeenGranularityMs) {
    return;
  }
  const writing = noting.get(context) ?? new Set();
  noting.set(context, writing);
  if (writing.has(id)) return;
  writing.add(id);
  try {
    await context.store.gatewayKeys.seen(id, now);
  } catch (err) {
    // Decorative: the key is accepted all the same.
    context.log.warn({ err, gatewayKeyId: id }, "the use of a gateway key was not noted");
  } finally {
    writing.delete(id);
  }
}
