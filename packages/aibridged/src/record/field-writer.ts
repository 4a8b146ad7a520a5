import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * Writes fields of proto3 messages. What is empty, 0 or false is left out, as
 * proto3 does with what has no presence of its own. Keeps its memory from one
 * message to the next: to grow it again for each costs more than to write.
 */
export class FieldWriter {
  readonly #writer = new BinaryWriter();

  /** What `write` writes, behind its length. */
  message(write: () => void): this {
    this.#writer.fork();
    write();
    this.#writer.join();
    return this;
  }

  /** What was written since it was asked last, in memory of its own. */
  finish(): Uint8Array {
    return this.#writer.finish();
  }

  /** A message in a message. Also one entry of a map. */
  nested(field: number, write: () => void): void {
    this.#writer.tag(field, WireType.LengthDelimited);
    this.message(write);
  }

  text(field: number, value: string): void {
    if (value !== "") this.#writer.tag(field, WireType.LengthDelimited).string(value);
  }

  flag(field: number, value: boolean): void {
    if (value) this.#writer.tag(field, WireType.Varint).bool(value);
  }

  /**
   * An enum, int32 or int64.
   *
   * @throws RangeError if it is no whole number: counters come from providers.
   */
  count(field: number, value: number): void {
    if (value === 0) return;
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
    this.#writer.tag(field, WireType.Varint);
    // The same bytes for both, and for the first without a BigInt.
    if (value > 0 && value <= 0xffff_ffff) this.#writer.uint32(value);
    else this.#writer.int64(value);
  }
}
