import type { EventCodec } from "../codec.ts";
import { openInterceptionsFrom } from "./checkpoint.ts";
import { follow as followEntry } from "./commit.ts";
import type { SpoolFolder, StoredFile } from "./folder.ts";
import { type Frame, scanFrames } from "./frame.ts";
import type { SpoolEntry } from "./intake.ts";
import { readLeftNotes } from "./read-left-notes.ts";
import { type Segment, sequenceOf } from "./segment-log.ts";

/** What the last owner left behind. */
export interface Recovered {
  readonly segments: readonly Segment[];
  /** How many events the segments hold. */
  readonly events: number;
  /** Interceptions that began and did not end, as far as the segments know. */
  readonly open: ReadonlySet<string>;
  /** What only the notes of others hold, starts first. It has to go to a segment yet. */
  readonly left: readonly SpoolEntry[];
  /** The files of these notes, to be removed when `left` is durable. */
  readonly leftFiles: readonly string[];
  /** Interceptions that did not end by either. */
  readonly unended: ReadonlySet<string>;
  /** When something was last written. Undefined: never. */
  readonly lastWrittenAt: Date | undefined;
  /** Of the last write, which a crash cut: nobody was told that it is durable. */
  readonly tornBytes: number;
  /** Bytes that were durable once and are no longer readable. */
  readonly damage: readonly { readonly segment: string; readonly bytes: number }[];
}

/**
 * Reads all segments and what others left, and cuts a torn tail off the last
 * segment. What was only written is durable then. Memory: the notes, and one
 * segment at a time.
 */
export async function recover(folder: SpoolFolder, codec: EventCodec): Promise<Recovered> {
  const stored = await folder.list();
  const files = segmentsOf(stored);
  const notes = await readLeftNotes(folder, stored, codec);
  const segments: Segment[] = [];
  const damage: { segment: string; bytes: number }[] = [];
  const open = new Set<string>();
  let [events, tornBytes] = [0, 0];

  for (const file of files) {
    const scan = scanFrames(await folder.read(file.name, 0, file.bytes), true);
    const restBytes = file.bytes - scan.consumedBytes;
    const isLast = file === files.at(-1);
    const damagedBytes = scan.damagedBytes + (isLast ? 0 : restBytes);
    if (damagedBytes > 0) damage.push({ segment: file.name, bytes: damagedBytes });
    if (isLast) {
      tornBytes = restBytes;
      await folder.truncate(file.name, scan.consumedBytes);
    }
    for (const frame of scan.frames) {
      // Of the others, the segments before tell, which may have been written to still.
      if (frame.kind !== "checkpoint" || segments.length === 0) follow(open, frame, codec);
      notes.compare(frame);
    }
    events += scan.frames.filter(({ kind }) => kind !== "checkpoint").length;
    segments.push({ name: file.name, bytes: scan.consumedBytes, forgottenBytes: 0 });
  }
  const left = notes.entries();
  const unended = new Set(open);
  for (const entry of left) followEntry(unended, entry);
  const lastWrittenAt = latest([files.at(-1)?.modifiedAt, notes.lastWrittenAt]);
  const { files: leftFiles } = notes;
  return { segments, events, open, left, leftFiles, unended, lastWrittenAt, tornBytes, damage };
}

function latest(times: readonly (Date | undefined)[]): Date | undefined {
  return times.reduce((last, time) => (last && time && time <= last ? last : (time ?? last)));
}

function segmentsOf(files: readonly StoredFile[]): StoredFile[] {
  return files
    .filter(({ name }) => sequenceOf(name) !== undefined)
    .sort((a, b) => (sequenceOf(a.name) ?? 0) - (sequenceOf(b.name) ?? 0));
}

/** Keeps count of who is open. A checkpoint tells all that came before it. */
function follow(open: Set<string>, { kind, payload }: Frame, codec: EventCodec): void {
  if (kind === "other") return;
  if (kind === "checkpoint") {
    open.clear();
    for (const id of openInterceptionsFrom(payload)) open.add(id);
    return;
  }
  const id = interceptionIdIn(payload, codec);
  if (id === undefined) return;
  if (kind === "started") open.add(id);
  else open.delete(id);
}

/** Undefined if it can't be read: the reader will meet it again, and report it. */
function interceptionIdIn(payload: Uint8Array, codec: EventCodec): string | undefined {
  try {
    return codec.headOf(payload).interceptionId;
  } catch {
    return undefined;
  }
}
