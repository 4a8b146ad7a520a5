import type { Log } from "../../log.ts";
import type { Clock } from "../clock.ts";
import type { RecordEvent } from "../events.ts";
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
  events: readonly RecordEvent[],
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
  /** Settles when the shipper has stopped, which it does when its signal aborts. Never rejects. */
  readonly stopped: Promise<void>;
}

const batchEventsMax = 500;
const firstBackOffMs = 100;
const lastBackOffMs = 5_000;

/**
 * Ships what is in a spool, in order, one batch in flight, until `signal`
 * aborts. While there is no answer it tries again, from 100 ms to 5 s apart.
 */
export function startShipper(options: ShipperOptions, signal: AbortSignal): Shipper {
  const { source, clock, log } = options;
  let [shipped, rejected, drops] = [0, 0, 0];
  let isAnswered = true;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        const batch = await source.next(batchEventsMax, signal);
        if (!batch) return;
        if (await deliver(batch.events)) await source.acknowledge(batch);
      } catch (err) {
        log.error({ err }, "spool can't be read");
        await clock.sleep(lastBackOffMs, signal);
      }
    }
  }

  /** Returns false if `signal` aborted before it was delivered. */
  async function deliver(events: readonly RecordEvent[]): Promise<boolean> {
    for (
      let waitMs = firstBackOffMs;
      !signal.aborted;
      waitMs = Math.min(waitMs * 2, lastBackOffMs)
    ) {
      try {
        const answer = await options.ship(events, signal);
        answered();
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
    events: readonly RecordEvent[],
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
    events: readonly RecordEvent[],
    answers: readonly RejectedEvent[],
  ): Promise<number> {
    const reasons = new Map(answers.map(({ id, reason }) => [id, reason]));
    const aside = events.flatMap((event): SetAsideEvent[] => {
      const reason = reasons.get(event.id);
      return reason === undefined ? [] : [{ event, reason }];
    });
    if (aside.length === 0) return 0;
    rejected += aside.length;
    for (const { event, reason } of aside) {
      const { id, interceptionId, kind } = event;
      log.error({ eventId: id, interceptionId, kind, reason }, "record event rejected");
    }
    await options.setAside.add(aside).catch((err: unknown) => {
      drops += aside.length;
      log.error({ err, events: aside.length }, "rejected events can't be set aside");
    });
    return aside.length;
  }

  function answered(): void {
    if (!isAnswered) log.info({}, "record is shipped again");
    isAnswered = true;
  }

  function unanswered(err: unknown, events: number): void {
    if (isAnswered) log.warn({ err, events }, "record can't be shipped");
    isAnswered = false;
  }

  return { stats: () => ({ shipped, rejected, drops, isAnswered }), stopped: run() };
}
