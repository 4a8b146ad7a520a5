import type { Log } from "../../log.ts";
import type { EncodedEvent, EventCodec } from "../codec.ts";
import type { Frame } from "./frame.ts";
import { createFreshEvents, type PlacedEvent } from "./fresh-events.ts";
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
  /** Says that these became durable, in this order. */
  arrived(events: readonly PlacedEvent[]): void;
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
/** A few seconds of a busy gateway, or a large prompt. */
const freshBytesMax = 4 * 1_024 * 1_024;
/**
 * Who is behind by more than this reads the log, and what comes then would only
 * grow old in memory until it is forgotten: 8 µs of a request, in garbage.
 */
const freshDepthMax = 8_192;

export function createSpoolReader(options: SpoolReaderOptions): SpoolReader {
  const { segments, codec, now, log } = options;
  const fresh = createFreshEvents(freshBytesMax);
  let { events: depth, oldestAt } = options;
  let drops = 0;
  /** What was read last, of which a batch took the beginning: the next need not read it again. */
  let ahead: Stretch | undefined;
  let arrival = Promise.withResolvers<void>();

  function decode({ kind, payload }: Frame): EncodedEvent[] {
    if (kind === "checkpoint") return [];
    try {
      return [{ ...codec.headOf(payload), bytes: payload }];
    } catch (err) {
      drops += 1;
      log.error({ err, bytes: payload.length }, "record event lost: can't be read");
      return [];
    }
  }

  async function read(eventsMax: number): Promise<SpoolBatch | undefined> {
    const segment = segments.unread();
    if (!segment) return undefined;
    const inMemory = firstOf(fresh.of(segment), eventsMax, segment.forgottenBytes);
    const last = inMemory.at(-1);
    if (last) {
      const place = { segment, end: last.end, events: inMemory.length };
      return { events: inMemory.map(({ event }) => event), isAll: isAll(place), place };
    }
    const stretch = isNext(ahead, segment) ? ahead : await segments.read(segment);
    const frames = firstOf(stretch.frames, eventsMax, stretch.from);
    const place = placeOf(frames, stretch);
    ahead = { segment, from: place.end, frames: stretch.frames.slice(frames.length) };
    return { events: frames.flatMap(decode), isAll: isAll(place), place };
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
      if (depth > freshDepthMax) fresh.forget();
      else for (const event of events) fresh.add(event);
      depth += events.length;
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

/** As many as make a batch, of items that begin at `from`. */
function firstOf<Item extends { readonly end: number; readonly kind?: Frame["kind"] }>(
  items: readonly Item[],
  eventsMax: number,
  from: number,
): readonly Item[] {
  let events = 0;
  const tooMany = items.findIndex(({ kind, end }) => {
    if (kind === "checkpoint") return false;
    events += 1;
    return events > eventsMax || (events > 1 && end - from > batchBytesMax);
  });
  return tooMany === -1 ? items : items.slice(0, tooMany);
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
