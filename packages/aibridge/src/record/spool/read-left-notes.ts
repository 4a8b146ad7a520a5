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
  const noted: NotedEvent[] = [];
  let lastWrittenAt: Date | undefined;
  const files = stored.filter(({ name }) => isLeftNotes(name));
  for (const { name, bytes, modifiedAt } of files) {
    const [head, ...frames] = scanFrames(await folder.read(name, 0, bytes), true).frames;
    if (head?.kind !== "boot" || Buffer.from(head.payload).toString() !== folder.boot) continue;
    noted.push(...frames.flatMap((frame) => eventsIn(frame, codec)));
    if (!lastWrittenAt || modifiedAt > lastWrittenAt) lastWrittenAt = modifiedAt;
  }
  return { ...compareWith(noted, codec), files: files.map(({ name }) => name), lastWrittenAt };
}

const kindsInOrder = ["started", "other", "ended"] as const;

interface NotedEvent {
  readonly id: string;
  readonly entry: SpoolEntry;
}

function compareWith(noted: readonly NotedEvent[], codec: EventCodec) {
  const left = new Map(noted.map(({ id, entry }) => [id, entry]));
  const starts = new Map(
    noted
      .filter(({ entry }) => entry.kind === "started")
      .map(({ id, entry }) => [entry.interceptionId, id]),
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

function eventsIn(frame: Frame, codec: EventCodec): NotedEvent[] {
  const head = headIn(frame, codec);
  if (!head) return [];
  const { id, interceptionId } = head;
  const { kind, payload } = frame;
  const entry = { kind, interceptionId, frame: encodeFrame(kind, payload), waiter: undefined };
  return [{ id, entry }];
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
