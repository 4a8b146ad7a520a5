import type { Log } from "../../log.ts";
import type { NoteFile, SpoolFolder } from "./folder.ts";
import { encodeFrame } from "./frame.ts";
import type { SpoolEntry } from "./intake.ts";

/** The files that take turns. */
export const noteFileNames = ["early-1.notes", "early-2.notes"] as const;

export interface EarlyNotesOptions {
  readonly folder: SpoolFolder;
  /** What the notes of the last owner alone hold: they stay until it is durable. */
  readonly recovered: readonly SpoolEntry[];
  /** What others left, which stays as long; see `leaveNotes`. */
  readonly leftFiles: readonly string[];
  readonly log: Log;
}

/**
 * What is on its way to a segment, where it survives the process at once: a
 * start before the provider is asked, and what came of it before the answer's
 * end goes to the client. They promise nothing. A note that can't be written
 * costs what there was without notes: the commit decides.
 */
export interface EarlyNotes {
  /**
   * A start is noted when this returns; any other event when the end of its
   * interception is, in one write with it, unless it is durable by then.
   */
  take(entry: SpoolEntry): void;
  /** Says that these need no note any longer. */
  durable(entries: readonly SpoolEntry[]): void;
  /** Forgets all notes. */
  clear(): void;
  /** Removes the files. */
  close(): void;
}

/** One of the files. */
interface Sheet {
  readonly file: NoteFile;
  bytes: number;
  /** How many of its entries are not durable yet. */
  pending: number;
}

/** A file that has reached this gives way to the other, once that one holds nothing pending. */
const sheetBytesMax = 256 * 1_024;

/**
 * Notes for a folder. They are only of use to the same run of the operating
 * system, for nobody syncs them, so each file begins with that run's id; where
 * it has none, nothing is noted.
 *
 * A start never outlives in them the end that was noted later, be both durable
 * and shipped long ago: the older file is emptied before the newer one, and when
 * an end can't be noted both are emptied. So an interception whose start is
 * found, and no end anywhere, has not ended.
 */
export function createEarlyNotes(options: EarlyNotesOptions): EarlyNotes {
  const { folder, recovered, leftFiles, log } = options;
  const { boot } = folder;
  const waitsFor = new Set(recovered);
  const noted = new Map<SpoolEntry, Sheet>();
  /** What waits for its interception's end and is not durable. */
  const held = new Map<string, Set<SpoolEntry>>();
  const [first, second] = noteFileNames;
  let [current, other] = [newSheet(folder, first), newSheet(folder, second)];
  let isOn = false;
  beginIfClean();

  function beginIfClean(): void {
    if (isOn || waitsFor.size > 0) return;
    isOn = boot !== undefined && attempt(remove, "spool can't remove early notes");
  }

  function remove(): void {
    for (const { file } of [current, other]) file.remove();
    for (const name of leftFiles) folder.notes(name).remove();
  }

  function note(entries: readonly SpoolEntry[]): void {
    if (!isOn) return;
    if (!attempt(() => append(entries), "spool can't write early notes")) {
      clear();
      return;
    }
    for (const entry of entries) noted.set(entry, current);
    current.pending += entries.length;
  }

  function append(entries: readonly SpoolEntry[]): void {
    if (current.bytes >= sheetBytesMax && other.pending === 0) {
      [current, other] = [other, current];
      empty(current);
    }
    const frames = entries.map(({ frame }) => frame);
    if (current.bytes === 0) frames.unshift(encodeFrame("boot", Buffer.from(boot ?? "")));
    const [first] = frames;
    const bytes = first && frames.length === 1 ? first : Buffer.concat(frames);
    current.bytes += bytes.length;
    current.file.append(bytes);
  }

  function clear(): void {
    noted.clear();
    for (const sheet of [current, other]) sheet.pending = 0;
    const isEmpty = attempt(() => {
      empty(current);
      empty(other);
    }, "spool can't empty early notes");
    if (!isEmpty) isOn = false;
  }

  function attempt(step: () => void, failure: string): boolean {
    try {
      step();
      return true;
    } catch (err) {
      log.warn({ err }, failure);
      return false;
    }
  }

  return {
    take(entry) {
      const { kind, event } = entry;
      if (kind === "started") return note([entry]);
      const before = held.get(event.interceptionId) ?? new Set();
      if (kind === "ended") {
        held.delete(event.interceptionId);
        note([...before, entry]);
      } else held.set(event.interceptionId, before.add(entry));
    },
    durable(entries) {
      for (const entry of entries) {
        const sheet = noted.get(entry);
        if (sheet) sheet.pending -= 1;
        noted.delete(entry);
        forget(held, entry);
        waitsFor.delete(entry);
      }
      beginIfClean();
    },
    clear,
    close() {
      if (isOn) attempt(remove, "spool can't remove early notes");
    },
  };
}

function newSheet(folder: SpoolFolder, name: string): Sheet {
  return { file: folder.notes(name), bytes: 0, pending: 0 };
}

function empty(sheet: Sheet): void {
  if (sheet.bytes > 0) sheet.file.clear();
  sheet.bytes = 0;
}

function forget(held: Map<string, Set<SpoolEntry>>, entry: SpoolEntry): void {
  const { interceptionId } = entry.event;
  const entries = held.get(interceptionId);
  if (entries?.delete(entry) && entries.size === 0) held.delete(interceptionId);
}
