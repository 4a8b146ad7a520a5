import type { EventCodec, EventHead } from "../codec.ts";
import { noteFileNames } from "./early-notes.ts";
import type { SpoolFolder, StoredFile } from "./folder.ts";
import { encodeFrame, type Frame, scanFrames } from "./frame.ts";
import type { SpoolEntry } from "./intake.ts";
import { isLeftNotes } from "./left-notes.ts";

/** The early notes that the last owner left. */
export interface RecoveredNotes {
  /** Told of every frame of the segments: what they hold needs no note. */
  compare(frame: Frame): void;
  /** What no segment holds: starts, then what followed them, then ends. */
  left(): readonly SpoolEntry[];
  /** Files that others left. */
  readonly leftFiles: readonly string[];
  /** Undefined: there are none. */
  readonly lastWrittenAt: Date | undefined;
}

/** Reads the notes, but none of an earlier run of the operating system: it may have lost any of them. */
export async function readNotes(
  folder: SpoolFolder,
  files: readonly StoredFile[],
  codec: EventCodec,
): Promise<RecoveredNotes> {
  const noted: SpoolEntry[] = [];
  let lastWrittenAt: Date | undefined;
  const leftFiles = files.map(({ name }) => name).filter(isLeftNotes);
  const names: readonly string[] = [...noteFileNames, ...leftFiles];
  for (const { name, bytes, modifiedAt } of files.filter((file) => names.includes(file.name))) {
    const [head, ...frames] = scanFrames(await folder.read(name, 0, bytes), true).frames;
    if (head?.kind !== "boot" || Buffer.from(head.payload).toString() !== folder.boot) continue;
    noted.push(...frames.flatMap((frame) => entriesIn(frame, codec)));
    if (!lastWrittenAt || modifiedAt > lastWrittenAt) lastWrittenAt = modifiedAt;
  }
  return { ...compareWith(whole(noted), codec), leftFiles, lastWrittenAt };
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
    // Nothing tells which file is the older one. What followed a start is in one of them.
    left: () => kindsInOrder.flatMap((kind) => [...left.values()].filter((it) => it.kind === kind)),
  };
}

/** Without what was written together with an end that is torn: no client has got that answer's end. */
function whole(entries: readonly SpoolEntry[]): readonly SpoolEntry[] {
  const ended = new Set(
    entries.filter(({ kind }) => kind === "ended").map(({ event }) => event.interceptionId),
  );
  return entries.filter(({ kind, event }) => kind !== "other" || ended.has(event.interceptionId));
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
