import type { Log } from "../../log.ts";
import type { EncodedEvent, EventCodec, EventHead } from "../codec.ts";
import type { RecordEvent } from "../events.ts";
import { type EncodedRecorder, SpoolFullError, type StartedEvent } from "../recorder.ts";
import { encodeFrame, type FrameKind, frameHeaderBytes, sealFrame } from "./frame.ts";
import type { Room } from "./room.ts";

/** An event on its way to the disk. */
export interface SpoolEntry {
  readonly kind: FrameKind;
  readonly event: EncodedEvent;
  readonly frame: Buffer;
  /** If it is there, it is told the outcome. Else the entry is kept until it is durable. */
  readonly waiter?: { resolve(): void; reject(cause: unknown): void };
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

  async function admit(interceptionId: string, entry: () => SpoolEntry): Promise<void> {
    if (isClosed) throw refusal("spool is closed");
    if (!room.admit(interceptionId)) throw refusal("spool is full");
    try {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      add({ ...entry(), waiter: { resolve, reject } });
      await promise;
    } catch (cause) {
      room.leave(interceptionId);
      throw refusal("spool can't be written", cause);
    }
  }

  function take({ id, interceptionId }: EventHead, kind: string, entry: () => SpoolEntry): void {
    try {
      if (isClosed) throw new Error("spool is closed");
      add(entry());
    } catch (err) {
      drops += 1;
      log.error({ err, eventId: id, interceptionId, kind }, "record event lost");
    }
    if (kind === "ended") room.leave(interceptionId);
  }

  const encoded: EncodedRecorder = {
    started: (event) => admit(event.interceptionId, () => entryOf("started", event)),
    record: (event, kind) => take(event, kind, () => entryOf(kind, event)),
  };
  return {
    started: (event: StartedEvent) => admit(event.interceptionId, () => entryFrom(event, codec)),
    record: (event: RecordEvent) => take(event, event.kind, () => entryFrom(event, codec)),
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

function entryFrom(event: RecordEvent, codec: EventCodec): SpoolEntry {
  const { id, interceptionId, time } = event;
  const kind = event.kind === "started" || event.kind === "ended" ? event.kind : "other";
  const frame = codec.encode(event, frameHeaderBytes);
  const bytes = sealFrame(kind, frame);
  return { kind, frame, event: { id, interceptionId, time, bytes } };
}

/** What it came in, perhaps a part of something larger, is not held on to. */
function entryOf(kind: FrameKind, { id, interceptionId, time, bytes }: EncodedEvent): SpoolEntry {
  const frame = encodeFrame(kind, bytes);
  const own = frame.subarray(frameHeaderBytes);
  return { kind, frame, event: { id, interceptionId, time, bytes: own } };
}
