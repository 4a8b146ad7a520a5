import type { Log } from "../../log.ts";
import type { Clock } from "../clock.ts";
import type { EncodedEvent, EventCodec } from "../codec.ts";
import type { SpoolReader } from "../spool/reader.ts";
import type { SetAside, SetAsideEvent } from "./set-aside.ts";

/** An event that whoever keeps the record will never take. */
export interface RejectedEvent {
  readonly id: string;
  readonly reason: string;
}

/**
 * Hands events to whoever keeps the record. Resolves when all that it doesn't
 * name are durable there; idempotent by event id. Rejects with
 * BatchRefusedError if the batch itself is at fault, with anything else if
 * there was no answer.
 */
export type Ship = (
  events: readonly EncodedEvent[],
  signal: AbortSignal,
) => Promise<{ readonly rejected: readonly RejectedEvent[] }>;

/** The batch can't be taken as it is, however often it is sent. */
export class BatchRefusedError extends Error {
  override readonly name = "BatchRefusedError";
}

export interface ShipperOptions {
  readonly source: Pick<SpoolReader, "next" | "acknowledge">;
  readonly ship: Ship;
  readonly setAside: SetAside;
  readonly codec: EventCodec;
  /** Told when events were taken: how long after the oldest of them happened, in milliseconds. */
  readonly onTaken?: ((lagMs: number) => void) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ShipperStats {
  /** Taken so far by whoever keeps the record. */
  readonly shipped: number;
  /** Set aside so far. */
  readonly rejected: number;
  /** Rejected events that could not be set aside either. */
  readonly drops: number;
  /** Whether the last attempt was answered. */
  readonly isAnswered: boolean;
}

export interface Shipper {
  stats(): ShipperStats;
  /** Ends its rest: from now on whatever is there is shipped at once. */
  hurry(): void;
  /** Settles when the shipper has stopped, which it does when its signal aborts. Never rejects. */
  readonly stopped: Promise<void>;
}

const batchEventsMax = 1_000;
/**
 * How long it rests when it has shipped all there was: a call, and the transaction
 * that it is at coderd, cost more than an event.
 */
const restMs = 200;
const firstBackOffMs = 100;
const lastBackOffMs = 5_000;

/**
 * Ships what is in a spool, in order, one batch in flight, until `signal`
 * aborts; having shipped all there was it rests for 200 ms, to ship more at once.
 * While there is no answer it tries again, from 100 ms to 5 s apart.
 */
export function startShipper(options: ShipperOptions, signal: AbortSignal): Shipper {
  const { source, clock, log } = options;
  const hurried = new AbortController();
  const restless = AbortSignal.any([signal, hurried.signal]);
  let [shipped, rejected, drops] = [0, 0, 0];
  let isAnswered = true;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        const batch = await source.next(batchEventsMax, signal);
        if (!batch) return;
        if (await deliver(batch.events)) await source.acknowledge(batch);
        if (batch.isAll) await clock.sleep(restMs, restless);
      } catch (err) {
        log.error({ err }, "spool can't be read");
        await clock.sleep(lastBackOffMs, signal);
      }
    }
  }

  /** Returns false if `signal` aborted before it was delivered. */
  async function deliver(events: readonly EncodedEvent[]): Promise<boolean> {
    for (
      let waitMs = firstBackOffMs;
      !signal.aborted;
      waitMs = Math.min(waitMs * 2, lastBackOffMs)
    ) {
      try {
        const answer = await options.ship(events, signal);
        answered();
        taken(events, answer.rejected);
        shipped += events.length - (await reject(events, answer.rejected));
        return true;
      } catch (error) {
        if (error instanceof BatchRefusedError) {
          answered();
          return await divide(events, error);
        }
        if (!signal.aborted) unanswered(error, events.length);
      }
      await clock.sleep(waitMs, signal);
    }
    return false;
  }

  /** Finds what is at fault: the halves are tried apart, and an event alone is set aside. */
  async function divide(
    events: readonly EncodedEvent[],
    cause: BatchRefusedError,
  ): Promise<boolean> {
    const [only, ...others] = events;
    if (only && others.length === 0) {
      await reject(events, [{ id: only.id, reason: cause.message }]);
      return true;
    }
    const middle = Math.ceil(events.length / 2);
    return (await deliver(events.slice(0, middle))) && (await deliver(events.slice(middle)));
  }

  /** Returns how many there were. */
  async function reject(
    events: readonly EncodedEvent[],
    answers: readonly RejectedEvent[],
  ): Promise<number> {
    if (answers.length === 0) return 0;
    const reasons = new Map(answers.map(({ id, reason }) => [id, reason]));
    const aside = events.flatMap(({ id, interceptionId, bytes }): SetAsideEvent[] => {
      const reason = reasons.get(id);
      if (reason === undefined) return [];
      log.error({ eventId: id, interceptionId, reason }, "record event rejected");
      return [{ event: options.codec.describe(bytes), reason }];
    });
    rejected += aside.length;
    await options.setAside.add(aside).catch((err: unknown) => {
      drops += aside.length;
      log.error({ err, events: aside.length }, "rejected events can't be set aside");
    });
    return aside.length;
  }

  function taken(events: readonly EncodedEvent[], answers: readonly RejectedEvent[]): void {
    if (!options.onTaken) return;
    const rejectedIds = new Set(answers.map(({ id }) => id));
    const oldest = events.find(({ id }) => !rejectedIds.has(id));
    if (oldest) options.onTaken(Math.max(0, clock.now() - oldest.time.getTime()));
  }

  function answered(): void {
    if (!isAnswered) log.info({}, "record is shipped again");
    isAnswered = true;
  }

  function unanswered(err: unknown, events: number): void {
    if (isAnswered) log.warn({ err, events }, "record can't be shipped");
    isAnswered = false;
  }

  return {
    stats: () => ({ shipped, rejected, drops, isAnswered }),
    hurry: () => hurried.abort(),
    stopped: run(),
  };
}
