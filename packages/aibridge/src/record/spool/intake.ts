import type { Log } from "../../log.ts";
import type { EventCodec, EventHead } from "../codec.ts";
import type { RecordEvent } from "../events.ts";
import {
  type EncodedRecorder,
  type ForeignEvent,
  SpoolFullError,
  type StartedEvent,
} from "../recorder.ts";
import { encodeFrame, type FrameKind, frameHeaderBytes, sealFrame } from "./frame.ts";
import type { Room } from "./room.ts";

/** An event on its way to the disk. */
export interface SpoolEntry {
  readonly kind: FrameKind;
  readonly interceptionId: string;
  readonly frame: Buffer;
  /** If it is there, it is told the outcome. Else the entry is kept until it is durable. */
  readonly waiter: Waiter | undefined;
}

/** Who waits for an entry to be durable. */
interface Waiter {
  resolve(): void;
  reject(cause: unknown): void;
}

export interface IntakeOptions {
  /** See `Commit`. */
  readonly add: (entry: SpoolEntry) => void;
  readonly room: Room;
  readonly codec: EventCodec;
  readonly log: Log;
}

/** See `createIntake`. */
export type Intake = ReturnType<typeof createIntake>;

/** The recorder's side of a spool: admits starts, takes what follows them. */
export function createIntake({ add, room, codec, log }: IntakeOptions) {
  let isClosed = false;
  let [refused, drops] = [0, 0];

  function refusal(message: string, cause?: unknown): SpoolFullError {
    refused += 1;
    return new SpoolFullError(message, { cause });
  }

  function admit<Event extends Ids>(event: Event, entryOf: EntryOf<Event>): Promise<void> {
    const { interceptionId } = event;
    if (isClosed) return Promise.reject(refusal("spool is closed"));
    if (!room.admit(interceptionId)) return Promise.reject(refusal("spool is full"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = (cause: unknown) => {
      room.leave(interceptionId);
      reject(refusal("spool can't be written", cause));
    };
    try {
      add(entryOf(event, "started", { resolve, reject: refuse }));
    } catch (cause) {
      refuse(cause);
    }
    return promise;
  }

  function take<Event extends Ids>(
    event: Event,
    kind: "ended" | "other",
    entryOf: EntryOf<Event>,
  ): void {
    const { id, interceptionId } = event;
    try {
      if (isClosed) throw new Error("spool is closed");
      add(entryOf(event, kind, undefined));
    } catch (err) {
      drops += 1;
      log.error({ err, eventId: id, interceptionId, kind }, "record event lost");
    }
    if (kind === "ended") room.leave(interceptionId);
  }

  const entryFrom: EntryOf<RecordEvent> = (event, kind, waiter) => {
    const frame = codec.encode(event, frameHeaderBytes);
    sealFrame(kind, frame);
    return { kind, interceptionId: event.interceptionId, frame, waiter };
  };

  const encoded: EncodedRecorder = {
    started: (event) => admit(event, entryFromEncoded),
    record: (event, kind) => take(event, kind, entryFromEncoded),
  };
  return {
    started: (event: StartedEvent) => admit(event, entryFrom),
    record: (event: RecordEvent) =>
      take(event, event.kind === "ended" ? "ended" : "other", entryFrom),
    encoded,
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

type Ids = Pick<EventHead, "id" | "interceptionId">;
type EntryOf<Event> = (event: Event, kind: FrameKind, waiter: Waiter | undefined) => SpoolEntry;

/** What it came in, perhaps a part of something larger, is not held on to. */
const entryFromEncoded: EntryOf<ForeignEvent> = ({ interceptionId, bytes }, kind, waiter) => ({
  kind,
  interceptionId,
  frame: encodeFrame(kind, bytes),
  waiter,
});
