import { encodeFrame } from "./frame.ts";

/**
 * What a segment begins with: the interceptions that are open there, so that
 * the segments with their starts may be removed and a crash still ends them.
 */
export function checkpointFrame(open: Iterable<string>): Buffer {
  return encodeFrame("checkpoint", Buffer.from(JSON.stringify({ open: [...open] })));
}

/** Reads what `checkpointFrame` wrote. */
export function openInterceptionsFrom(payload: Uint8Array): readonly string[] {
  const { open } = JSON.parse(new TextDecoder().decode(payload)) as { open: readonly string[] };
  return open;
}
