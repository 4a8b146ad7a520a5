import type { EncodedEvent, EventCodec, EventHead } from "./codec.ts";

/**
 * An event of which there are only the bytes. What else is known of it is read
 * when somebody asks, which for most nobody does: then it throws as `headOf` does.
 */
export class StoredEvent implements EncodedEvent {
  readonly bytes: Uint8Array;
  readonly #codec: EventCodec;
  #head: EventHead | undefined;

  constructor(bytes: Uint8Array, codec: EventCodec) {
    this.bytes = bytes;
    this.#codec = codec;
  }

  head(): EventHead {
    this.#head ??= this.#codec.headOf(this.bytes);
    return this.#head;
  }

  get id(): string {
    return this.head().id;
  }

  get interceptionId(): string {
    return this.head().interceptionId;
  }

  get time(): Date {
    return this.head().time;
  }
}
