import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import { gatewayKeyHashKey } from "../auth/caller.ts";
import { acceptGatewayKey } from "../auth/gateway-caller.ts";
import { callerRefusalError } from "../auth/refusals.ts";
import { freshMs, type Told } from "../changes/change-feed.ts";
import type { ServiceContext } from "./context.ts";

/** A gateway that watches. */
export interface WatchCaller {
  /** The revision of the keys at which its key was accepted. */
  readonly revision: bigint;
  /** Throws the refusal if what was told since ends its key. */
  requireLive(told: Pick<Told, "invalidations">): void;
  /** Throws if the read was too slow for a message that says how things are now. */
  requireFresh(): void;
}

/**
 * Accepts the gateway key of a caller that watches, or throws the refusal. It
 * was live at `revision`; what a feed tells from there on says how long it is.
 */
export async function acceptWatchCaller(
  values: ContextValues,
  context: ServiceContext,
): Promise<WatchCaller> {
  const readMs = performance.now();
  const gatewayKeyHash = values.get(gatewayKeyHashKey);
  const { gatewayKey, revision } = await context.store.authorizations.read({ gatewayKeyHash });
  const { id } = await acceptGatewayKey(gatewayKey, values, context);
  return {
    revision,
    requireLive({ invalidations }) {
      const isRevoked = invalidations.some(({ gatewayKeyIds }) => gatewayKeyIds.includes(id));
      if (isRevoked) throw callerRefusalError("invalid_gateway_key");
    },
    requireFresh() {
      if (performance.now() - readMs <= freshMs) return;
      throw new ConnectError("the store is too slow", Code.Unavailable);
    },
  };
}
