import type { EventCodec, EventHead } from "../codec.ts";
import type { SpoolFolder, StoredFile } from "./folder.ts";
import { encodeFrame, type Frame, scanFrames } from "./frame.ts";
import type { SpoolEntry } from "./intake.ts";
import { isLeftNotes } from "./left-notes.ts";

/** What others left for the owner of the spool; see `leaveNotes`. */
export interface LeftNotes {
  /** Told of every frame of the segments: what they hold is not taken again. */
  compare(frame: Frame): void;
  /** What no segment holds: starts, then what followed them, then ends. */
  entries(): readonly SpoolEntry[];
  readonly files: readonly string[];
  /** Undefined: there are none. */
  readonly lastWrittenAt: Date | undefined;
}

/** Reads the notes, but none of an earlier run of the operating system: it may have lost any of them. */
export async function readLeftNotes(
  folder: SpoolFolder,
  stored: readonly StoredFile[],
  codec: EventCodec,
): Promise<LeftNotes> {
  const noted: SpoolEntry[] = [];
  let lastWrittenAt: Date | undefined;
  const files = stored.filter(({ name }) => isLeftNotes(name));
  for (const { name, bytes, modifiedAt } of files) {
    const [head, ...frames] = scanFrames(await folder.read(name, 0, bytes), true).frames;
    if (head?.kind !== "boot" || Buffer.from(head.payload).toString() !== folder.boot) continue;
    noted.push(...frames.flatMap((frame) => entriesIn(frame, codec)));
    if (!lastWrittenAt || modifiedAt > lastWrittenAt) lastWrittenAt = modifiedAt;
  }
  return { ...compareWith(noted, codec), files: files.map(({ name }) => name), lastWrittenAt };
}

const kindsInOrder = ["started", "other", "ended"] as const;

function compareWith(noted: readonly SpoolEntry[], codec: EventCodec) {
  const left = new Map(noted.map((entry) => [entry.event.id, entry]));
  const starts = new Map(
    noted
      .filter(({ kind }) => kind === "started")
      .map(({ event }) => [event.interceptionId, event.id]),
  );
  return {
    compare(frame: Frame): void {
      if (left.size === 0) return;
      const head = headIn(frame, codec);
      if (!head) return;
      left.delete(head.id);
      // Its start was durable before, and may have been shipped and removed.
      if (frame.kind === "ended") left.delete(starts.get(head.interceptionId) ?? "");
    },
    entries: () =>
      kindsInOrder.flatMap((kind) => [...left.values()].filter((it) => it.kind === kind)),
  };
}

function entriesIn(frame: Frame, codec: EventCodec): SpoolEntry[] {
  const { kind, payload } = frame;
  const head = headIn(frame, codec);
  return head
    ? [{ kind, frame: encodeFrame(kind, payload), event: { ...head, bytes: payload } }]
    : [];
}

/** Undefined if it can't be read: in a segment, the reader will meet it again, and report it. */
function headIn({ kind, payload }: Frame, codec: EventCodec): EventHead | undefined {
  if (kind === "boot" || kind === "checkpoint") return undefined;
  try {
    return codec.headOf(payload);
  } catch {
    return undefined;
  }
}
