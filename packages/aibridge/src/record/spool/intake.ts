import type { Log } from "../../log.ts";
import type { EncodedEvent, EventCodec } from "../codec.ts";
import type { RecordEvent } from "../events.ts";
import { SpoolFullError, type StartedEvent } from "../recorder.ts";
import type { EarlyNotes } from "./early-notes.ts";
import { encodeFrame, type FrameKind, payloadOf } from "./frame.ts";
import type { Entry } from "./group-commit.ts";
import type { Room } from "./room.ts";

/** An event on its way to the disk. */
export interface SpoolEntry extends Entry {
  readonly kind: FrameKind;
  readonly event: EncodedEvent;
}

export interface IntakeOptions {
  readonly add: (entry: SpoolEntry) => void;
  readonly notes: Pick<EarlyNotes, "take" | "clear">;
  readonly room: Room;
  readonly codec: EventCodec;
  readonly log: Log;
}

/** See `createIntake`. */
export type Intake = ReturnType<typeof createIntake>;

/** The recorder's side of a spool: admits starts, takes what follows them. */
export function createIntake({ add, notes, room, codec, log }: IntakeOptions) {
  let isClosed = false;
  let [refused, drops] = [0, 0];

  function refusal(message: string, cause?: unknown): SpoolFullError {
    refused += 1;
    return new SpoolFullError(message, { cause });
  }

  return {
    async started(event: StartedEvent): Promise<void> {
      const { interceptionId } = event;
      if (isClosed) throw refusal("spool is closed");
      if (!room.admit(interceptionId)) throw refusal("spool is full");
      try {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const entry = { ...entryFrom(event, codec), waiter: { resolve, reject } };
        notes.take(entry);
        add(entry);
        await promise;
      } catch (cause) {
        // What was refused must not come back, be it after a crash.
        notes.clear();
        room.leave(interceptionId);
        throw refusal("spool can't be written", cause);
      }
    },
    record(event: RecordEvent): void {
      const { id, interceptionId, kind } = event;
      try {
        if (isClosed) throw new Error("spool is closed");
        const entry = entryFrom(event, codec);
        notes.take(entry);
        add(entry);
      } catch (err) {
        drops += 1;
        log.error({ err, eventId: id, interceptionId, kind }, "record event lost");
      }
      if (kind === "ended") room.leave(interceptionId);
    },
    /** From now on nothing is taken. */
    close(): void {
      isClosed = true;
    },
    /** Says that what was taken could not be kept. */
    lost(events: number): void {
      drops += events;
    },
    stats: () => ({ refused, drops }),
  };
}

function entryFrom(event: RecordEvent, codec: EventCodec): SpoolEntry {
  const { id, interceptionId, time } = event;
  const kind = event.kind === "started" || event.kind === "ended" ? event.kind : "other";
  const frame = encodeFrame(kind, codec.encode(event));
  return { kind, frame, event: { id, interceptionId, time, bytes: payloadOf(frame) } };
}
