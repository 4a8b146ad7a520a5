import type { EncodedEvent } from "./codec.ts";
import type { RecordEvent } from "./events.ts";

/** The event that begins an interception. */
export type StartedEvent = Extract<RecordEvent, { kind: "started" }>;

/**
 * Where evidence goes. Each admitted request to a bridged route has one
 * `started` and one `ended` event, and any number of others between them.
 */
export interface Recorder {
  /**
   * Resolves when the start is durable: no byte of the answer leaves before
   * that. A rejection refuses the request (503), for what can't be recorded is
   * not served: with SpoolFullError if there is no room.
   */
  started(event: StartedEvent): Promise<void>;
  /**
   * Takes what follows a start that was admitted. Never throws and is not
   * waited for: room was kept when the start was admitted. An `ended` event
   * frees what is left of that room.
   */
  record(event: Exclude<RecordEvent, StartedEvent>): void;
  /**
   * Resolves when the starts that were taken, with what was taken before them,
   * survive this process, if not yet a loss of power: at once, or at the end of
   * this turn of the event loop if others share it. Before that no provider is
   * asked. Rejects if they can't be written: they are refused then, and the rest
   * is kept. A recorder without it hands over at once.
   */
  written?(): Promise<void>;
  /**
   * When it returns, the ends that were taken, with what was taken before them,
   * survive this process, or could not be written and are kept. Before that no
   * caller is told that its answer is complete. Does nothing if all was written;
   * never throws. A recorder without it hands over at once.
   */
  writeNow?(): void;
  /** Resolves when all that was taken is durable. What comes later is refused. Idempotent. */
  close(): Promise<void>;
}

/** An event that another process encoded. Its time is in its bytes. */
export type ForeignEvent = Omit<EncodedEvent, "time">;

/**
 * A recorder of events that another process encoded, with the codec of this
 * one. It promises what `Recorder` does.
 */
export interface EncodedRecorder {
  started(event: ForeignEvent): Promise<void>;
  record(event: ForeignEvent, kind: "ended" | "other"): void;
}

/** The record has no room: nothing can be admitted until some of it was shipped. */
export class SpoolFullError extends Error {
  override readonly name = "SpoolFullError";
}
