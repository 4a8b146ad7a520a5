import { setImmediate } from "node:timers/promises";
import { deadline } from "@aibridge/runtime";
import type { ServiceContext } from "./context.ts";

/** How long a gateway that is slow may keep an administrator waiting. */
const waitMs = 250;

/**
 * Waits until what was committed so far is written to every gateway that watches
 * this coderd. To be awaited between a change that may end the liveness of keys
 * and its answer: whoever has the answer then finds the next request refused at
 * these gateways. Gateways of other coderds hear of it at the same time, but are
 * not waited for.
 *
 * Never rejects, and waits 250 ms at the most: past that, as while the store
 * can't be read, the answer says what is true all the same, that the change is
 * made, and gateways are bound to their second. Aborting `signal` ends the wait.
 */
export async function tellWatchers(
  { changes, log }: Pick<ServiceContext, "changes" | "log">,
  signal: AbortSignal,
): Promise<void> {
  using wait = deadline(waitMs, signal);
  const isDelivered = await changes.delivered(wait.signal);
  if (!isDelivered && !signal.aborted) log.warn({ waitMs }, "not every gateway was told in time");
  // connect-node asks for the next message when Node has taken the last one, and
  // Node writes it at the end of this turn: it corks the responses of HTTP/1.1
  // until then (lib/_http_outgoing.js), and sends HTTP/2 frames from setImmediate.
  await setImmediate();
}
