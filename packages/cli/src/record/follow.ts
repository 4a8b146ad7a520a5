import { setTimeout as delay } from "node:timers/promises";
import type { Interception } from "@aibridge/proto/coder/aibridge/v1/interception";
import { timestampMs } from "@bufbuild/protobuf/wkt";

/** What to follow, and how. */
export interface FollowOptions {
  /** Gives the interceptions that began not before this, in any order. */
  readonly list: (since: Date, signal: AbortSignal) => Promise<readonly Interception[]>;
  readonly since: Date;
  readonly intervalMs: number;
  /** Called when an interception is first seen, and once more when it has ended. */
  readonly onChange: (interception: Interception) => void;
}

/** Gateways deliver events late, and not in order: look back this far. */
const overlapMs = 60_000;

/** Nor further than this for the end of what still runs. */
const lookBackMaxMs = 3_600_000;

/**
 * Asks again and again for what is new, from a cursor that moves along with
 * the record. Resolves when the signal is aborted; rejects as `list` does.
 */
export async function follow(
  { list, since, intervalMs, onChange }: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, Known>();
  let cursorMs = since.getTime();
  while (!signal.aborted) {
    try {
      const found = await list(new Date(cursorMs), signal);
      tellChanges(found, known, onChange);
      cursorMs = Math.max(cursorMs, nextCursorMs(known, cursorMs));
      forgetBefore(cursorMs, known);
      await delay(intervalMs, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

interface Known {
  readonly startMs: number;
  readonly ended: boolean;
}

function tellChanges(
  found: readonly Interception[],
  known: Map<string, Known>,
  onChange: FollowOptions["onChange"],
): void {
  const oldestFirst = found.toSorted((a, b) => startMsOf(a) - startMsOf(b));
  for (const interception of oldestFirst) {
    const ended = interception.ended !== undefined;
    if (known.get(interception.id)?.ended === ended) continue;
    known.set(interception.id, { startMs: startMsOf(interception), ended });
    onChange(interception);
  }
}

/** Before the newest by the overlap, or at the oldest that still runs. */
function nextCursorMs(known: ReadonlyMap<string, Known>, cursorMs: number): number {
  const all = [...known.values()];
  const newestMs = all.reduce((newest, { startMs }) => Math.max(newest, startMs), cursorMs);
  const running = all.filter(({ ended }) => !ended).map(({ startMs }) => startMs);
  const wantedMs = running.reduce((a, b) => Math.min(a, b), newestMs - overlapMs);
  return Math.max(wantedMs, newestMs - lookBackMaxMs);
}

function forgetBefore(cursorMs: number, known: Map<string, Known>): void {
  for (const [id, { startMs }] of known) if (startMs < cursorMs) known.delete(id);
}

function startMsOf({ startTime }: Interception): number {
  return startTime === undefined ? 0 : timestampMs(startTime);
}
