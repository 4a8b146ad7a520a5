import type { Log } from "../../log.ts";
import type { EventCodec } from "../codec.ts";
import { interruptionOf } from "../interruption.ts";
import { jsonCodec } from "../json-codec.ts";
import type { EncodedRecorder, Recorder } from "../recorder.ts";
import { checkpointFrame } from "./checkpoint.ts";
import { type Commit, type CommitOptions, createCommit } from "./commit.ts";
import type { SpoolFolder } from "./folder.ts";
import { createIntake, type Intake } from "./intake.ts";
import { createSpoolReader, type SpoolReader } from "./reader.ts";
import { type Recovered, recover } from "./recovery.ts";
import { createRoom, type Room } from "./room.ts";
import { openSegmentLog } from "./segment-log.ts";

export interface SpoolOptions {
  readonly folder: SpoolFolder;
  readonly log: Log;
  /** Default: JSON. */
  readonly codec?: EventCodec;
  /** Past this no interception is admitted. Default 256 MiB. */
  readonly bytesMax?: number;
  /** Kept free for each interception that is open. Default 16 KiB. */
  readonly bytesPerInterception?: number;
  /** Milliseconds since the epoch. Default Date.now. */
  readonly now?: () => number;
}

export interface SpoolStats {
  /** Durable and not yet acknowledged. */
  readonly events: number;
  /** Of all segments on disk. */
  readonly bytes: number;
  /** How long the oldest of these events has been there at most; 0 if there is none. */
  readonly oldestAgeMs: number;
  /** Writes so far, each made durable by one sync. */
  readonly commits: number;
  /** Starts refused so far, for want of room or for a disk that fails. */
  readonly refused: number;
  /** Events lost so far. Must stay 0. */
  readonly drops: number;
  /** Why nothing can be admitted just now. Undefined: it can. */
  readonly problem: SpoolProblem | undefined;
}

/** There is no room, or the disk takes nothing. Either may pass by itself. */
export type SpoolProblem = "full" | "failing";

/**
 * A recorder whose record is a file: what it took is given out by `next`, again
 * after a restart, until it was acknowledged.
 */
export interface Spool extends Required<Recorder>, Pick<SpoolReader, "next" | "acknowledge"> {
  /** For events that were encoded elsewhere. */
  readonly encoded: EncodedRecorder;
  /** Makes durable what was taken, and takes no more. Its reader may go on. */
  seal(): Promise<void>;
  stats(): SpoolStats;
}

const defaultBytesMax = 256 * 1_024 * 1_024;
const defaultBytesPerInterception = 16 * 1_024;
const segmentBytesMax = 4 * 1_024 * 1_024;

/**
 * Opens a spool, which must have one owner (see ownFolder). Interceptions that
 * the last owner left open are ended as interrupted, at the time of its last
 * sign of life.
 *
 * @throws if the folder can't be read; never for what is in it, nor if it can't
 *   be written: nothing is admitted then, but what is there is given out.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, codec = jsonCodec, log } = options;
  const recovered = await recover(folder, codec);
  report(recovered, log);
  const { spool, segments, commit } = createSpool(options, recovered);
  // If there is no place now, the first start is refused, and then it is tried again.
  await segments.roll().catch((err: unknown) => log.error({ err }, "spool can't be written"));
  for (const entry of recovered.left) commit.add(entry);
  for (const interceptionId of recovered.unended) {
    spool.record(interruptionOf(interceptionId, recovered.lastWrittenAt ?? new Date()));
  }
  if ((await commit.flush()) === 0) await removeAll(folder, recovered.leftFiles, log);
  return spool;
}

function createSpool(options: SpoolOptions, recovered: Recovered) {
  const { folder, log, codec = jsonCodec, bytesMax = defaultBytesMax } = options;
  /** As of what is durable: what a checkpoint must say. */
  const open = new Set(recovered.open);
  const segments = openSegmentLog({
    folder,
    segments: recovered.segments,
    segmentBytes: Math.min(segmentBytesMax, bytesMax / 16),
    checkpoint: () => checkpointFrame(open),
    isNeeded: () => open.size > 0,
  });
  const reader = createSpoolReader({
    segments,
    codec,
    events: recovered.events,
    oldestAt: recovered.events > 0 ? recovered.lastWrittenAt?.getTime() : undefined,
    now: options.now ?? Date.now,
    log,
  });
  const commit = createCommit({ segments, reader, open, log });
  const room = createRoom({
    bytesMax,
    bytesPerInterception: options.bytesPerInterception ?? defaultBytesPerInterception,
    usedBytes: () => segments.bytes() + commit.pendingBytes(),
  });
  const intake = createIntake({ add: commit.add, room, codec, log });
  return { spool: spoolOf({ segments, reader, commit, room, intake, log }), segments, commit };
}

/** Those that remain are read again at the next start, and change nothing then. */
async function removeAll(folder: SpoolFolder, names: readonly string[], log: Log): Promise<void> {
  for (const name of names) {
    await folder
      .remove(name)
      .catch((err: unknown) => log.warn({ err, name }, "spool can't remove notes"));
  }
}

interface SpoolParts extends Omit<CommitOptions, "open" | "reader"> {
  readonly reader: SpoolReader;
  readonly commit: Commit;
  readonly room: Room;
  readonly intake: Intake;
}

function spoolOf({ segments, reader, commit, room, intake, log }: SpoolParts): Spool {
  async function seal(): Promise<void> {
    intake.close();
    const events = await commit.flush();
    if (events > 0) {
      log.error({ events }, "record events lost: spool can't be written");
      intake.lost(events);
    }
  }
  return {
    started: intake.started,
    record: intake.record,
    written: commit.written,
    writeNow: commit.writeNow,
    encoded: intake.encoded,
    next: reader.next,
    acknowledge: reader.acknowledge,
    seal,
    async close() {
      await seal();
      await segments.close();
    },
    stats() {
      const { drops, refused } = intake.stats();
      const { drops: unreadable, ...depth } = reader.stats();
      const full = room.isFull() ? "full" : undefined;
      return {
        ...depth,
        bytes: segments.bytes(),
        commits: commit.commits(),
        refused,
        drops: drops + unreadable,
        problem: commit.isFailing() ? "failing" : full,
      };
    },
  };
}

function report({ damage, tornBytes, events, left, unended }: Recovered, log: Log): void {
  for (const { segment, bytes } of damage) log.error({ segment, bytes }, "spool is damaged");
  const { size: interrupted } = unended;
  if (events > 0 || left.length > 0 || interrupted > 0 || tornBytes > 0) {
    log.info({ events, left: left.length, interrupted, tornBytes }, "spool recovered");
  }
}
