import type { Log } from "../../log.ts";
import { checkpointFrame } from "./checkpoint.ts";
import type { EarlyNotes } from "./early-notes.ts";
import type { PlacedEvent } from "./fresh-events.ts";
import { createGroupCommit, type GroupCommit } from "./group-commit.ts";
import type { SpoolEntry } from "./intake.ts";
import type { SpoolReader } from "./reader.ts";
import type { Place, SegmentLog } from "./segment-log.ts";

export interface SpoolCommitOptions {
  readonly segments: SegmentLog;
  readonly reader: SpoolReader;
  readonly notes: EarlyNotes;
  /** The interceptions that are open, as far as it is durable. */
  readonly open: Set<string>;
  readonly log: Log;
}

export interface SpoolCommit extends GroupCommit<SpoolEntry> {
  /** How many writes there were. */
  commits(): number;
}

const commitBytesMax = 1_024 * 1_024;
/** How long an event that is no start may wait for company. */
const lingerMs = 20;
const retryMs = 250;

/** Writes entries to the segments, and tells the reader that they are there. */
export function createSpoolCommit({
  segments,
  reader,
  notes,
  open,
  log,
}: SpoolCommitOptions): SpoolCommit {
  let commits = 0;
  const group = createGroupCommit<SpoolEntry>({
    async write(entries) {
      const frames = entries.map(({ frame }) => frame);
      // A checkpoint may stand anywhere: it is what can be written when there is nothing.
      const bytes = frames.length > 0 ? Buffer.concat(frames) : checkpointFrame(open);
      const place = await segments.append(bytes);
      commits += 1;
      for (const entry of entries) follow(open, entry);
      notes.durable(entries);
      reader.arrived(placed(entries, place));
    },
    afterWrite: () =>
      // The next write tries it again.
      segments.roll().catch((err: unknown) => log.warn({ err }, "spool can't begin a segment")),
    onError: (err) => log.error({ err }, "spool can't be written"),
    batchBytesMax: commitBytesMax,
    lingerMs,
    retryMs,
  });
  return { ...group, commits: () => commits };
}

function placed(entries: readonly SpoolEntry[], { segment, from }: Place): PlacedEvent[] {
  let end = from;
  return entries.map(({ event, frame }) => {
    const begin = end;
    end += frame.length;
    return { event, segment, from: begin, end };
  });
}

/** Keeps count of who is open. */
export function follow(open: Set<string>, { kind, event: { interceptionId } }: SpoolEntry): void {
  if (kind === "started") open.add(interceptionId);
  if (kind === "ended") open.delete(interceptionId);
}
