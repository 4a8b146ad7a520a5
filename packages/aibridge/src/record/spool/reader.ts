import type { Log } from "../../log.ts";
import type { EncodedEvent, EventCodec } from "../codec.ts";
import { StoredEvent } from "../stored-event.ts";
import type { Frame } from "./frame.ts";
import type { Segment, SegmentLog, Stretch } from "./segment-log.ts";

/** Durable events, in the order in which they were taken. */
interface SpoolBatch {
  readonly events: readonly EncodedEvent[];
  /** Whether there was nothing after it when it was read. */
  readonly isAll: boolean;
  /** Where it stands in the spool. */
  readonly place: { readonly segment: Segment; readonly end: number; readonly events: number };
}

/** Gives out what is durable, oldest first, until it is acknowledged. For one caller. */
export interface SpoolReader {
  /** At most `eventsMax`; waits if there is nothing. Undefined: `signal` aborted. */
  next(eventsMax: number, signal: AbortSignal): Promise<SpoolBatch | undefined>;
  /** Forgets a batch: someone else answers for it now. */
  acknowledge(batch: SpoolBatch): Promise<void>;
  /** Says that so many more became durable. */
  arrived(events: number): void;
  stats(): { readonly events: number; readonly oldestAgeMs: number; readonly drops: number };
}

export interface SpoolReaderOptions {
  readonly segments: SegmentLog;
  readonly codec: EventCodec;
  /** How many events are there already. */
  readonly events: number;
  /** Since when. Undefined: there are none. */
  readonly oldestAt: number | undefined;
  readonly now: () => number;
  readonly log: Log;
}

/** What a batch holds, unless a single event is larger: well within an RPC's bound. */
const batchBytesMax = 512 * 1_024;

export function createSpoolReader(options: SpoolReaderOptions): SpoolReader {
  const { segments, codec, now, log } = options;
  let { events: depth, oldestAt } = options;
  let drops = 0;
  /** What was read last, of which a batch took the beginning: the next need not read it again. */
  let ahead: Stretch | undefined;
  let arrival = Promise.withResolvers<void>();

  function eventsOf(frames: readonly Frame[], isOwn: boolean): readonly EncodedEvent[] {
    const events = frames
      .filter(({ kind }) => kind !== "checkpoint")
      .map(({ payload }) => new StoredEvent(payload, codec));
    return isOwn ? events : events.filter(isReadable);
  }

  function isReadable(event: StoredEvent): boolean {
    try {
      event.head();
      return true;
    } catch (err) {
      drops += 1;
      log.error({ err, bytes: event.bytes.length }, "record event lost: can't be read");
      return false;
    }
  }

  async function read(eventsMax: number): Promise<SpoolBatch | undefined> {
    const segment = segments.unread();
    if (!segment) return undefined;
    const stretch = isNext(ahead, segment) ? ahead : await segments.read(segment);
    const frames = firstOf(stretch.frames, eventsMax, stretch.from);
    const place = placeOf(frames, stretch);
    ahead = { ...stretch, from: place.end, frames: stretch.frames.slice(frames.length) };
    return { events: eventsOf(frames, stretch.isOwn), isAll: isAll(place), place };
  }

  const isAll = ({ events }: SpoolBatch["place"]) => events >= depth;

  async function acknowledge({ place, events }: SpoolBatch): Promise<void> {
    depth -= place.events;
    // What follows is no older than the last of these.
    oldestAt = depth > 0 ? (events.at(-1)?.time.getTime() ?? oldestAt) : undefined;
    await segments
      .forget(place.segment, place.end)
      .catch((err: unknown) => log.warn({ err }, "spool can't remove a segment"));
  }

  return {
    acknowledge,
    async next(eventsMax, signal) {
      while (!signal.aborted) {
        const { promise } = arrival;
        const batch = await read(eventsMax);
        if (batch && batch.events.length > 0) return batch;
        if (batch) await acknowledge(batch);
        else await settledOrAborted(promise, signal);
      }
      return undefined;
    },
    arrived(events) {
      depth += events;
      if (depth > 0) oldestAt ??= now();
      arrival.resolve();
      arrival = Promise.withResolvers();
    },
    stats: () => ({
      // A batch can be read before it was counted.
      events: Math.max(0, depth),
      oldestAgeMs: oldestAt === undefined ? 0 : Math.max(0, now() - oldestAt),
      drops,
    }),
  };
}

/** Whether it is what comes next: it is not if it was given out, and not acknowledged. */
function isNext(stretch: Stretch | undefined, segment: Segment): stretch is Stretch {
  if (stretch?.segment !== segment || stretch.frames.length === 0) return false;
  return stretch.from === segment.forgottenBytes;
}

/** As many as make a batch, of frames that begin at `from`. */
function firstOf(frames: readonly Frame[], eventsMax: number, from: number): readonly Frame[] {
  let events = 0;
  const tooMany = frames.findIndex(({ kind, end }) => {
    if (kind === "checkpoint") return false;
    events += 1;
    return events > eventsMax || (events > 1 && end - from > batchBytesMax);
  });
  return tooMany === -1 ? frames : frames.slice(0, tooMany);
}

/** Damage after the last frame of a segment is passed over with it. */
function placeOf(frames: readonly Frame[], { segment }: Stretch): SpoolBatch["place"] {
  const last = frames.at(-1);
  return {
    segment,
    end: last ? last.end : segment.bytes,
    events: frames.filter(({ kind }) => kind !== "checkpoint").length,
  };
}

async function settledOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener("abort", abort);
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
