import type { Check } from "@aibridge/runtime";

/** Who drains accepts nobody new, so nobody should be sent there. */
export function checkDraining(drain: AbortSignal): Check {
  return drain.aborted ? { ok: false, why: "draining" } : { ok: true };
}
