import type { RecordEvent } from "./events.ts";

/** What is known of an event without reading all of it. */
export interface EventHead {
  readonly id: string;
  readonly interceptionId: string;
  readonly time: Date;
}

/** An event in the bytes in which it is kept, and shipped. */
export interface EncodedEvent extends EventHead {
  readonly bytes: Uint8Array;
}

/**
 * How events become bytes. Each is encoded once, when it is taken: what the
 * spool keeps is what `Ship` sends, so let it be the form that the receiver wants.
 */
export interface EventCodec {
  /**
   * The event's bytes, behind `headroom` bytes for the caller to fill: so that
   * what goes in front of them takes no copy. Default: none. May be kept for as
   * long as it takes: not a view of something that is used again.
   */
  encode(event: RecordEvent, headroom?: number): Buffer;
  /** @throws if these bytes are no event. */
  headOf(bytes: Uint8Array): EventHead;
  /** All of it, as JSON that a person can read. Throws as `headOf` does. */
  describe(bytes: Uint8Array): unknown;
}
