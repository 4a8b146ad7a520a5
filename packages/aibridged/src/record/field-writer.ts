/** Protobuf's wire types, of those that we write: https://protobuf.dev/programming-guides/encoding/#structure */
const varintType = 0;
const lengthDelimitedType = 2;

/** Events are a few hundred bytes, so one slab holds many. */
const slabBytes = 64 * 1_024;
const spareBytes = 1_024;
/** UTF-8 takes three bytes at most for each of a string's units. */
const unitBytesMax = 3;
/** Up to here a text is sure to have a length of one byte. */
const shortTextMax = Math.floor(127 / unitBytesMax);
const varintBytesMax = 10;

/**
 * Writes fields of proto3 messages. What is empty, 0 or false is left out, as
 * proto3 does with what has no presence of its own.
 *
 * Messages are views of slabs of memory, one after the other, and each byte is
 * written once. A memory of its own for each message, or for each text in it,
 * is what such messages mostly cost: protobuf-es' writer, which does that, took
 * three times as long, and gave the garbage collector more to do than all else.
 */
export class FieldWriter {
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  /** Where the message begins, and how far it has come. What is before belongs to others. */
  #start = 0;
  #at = 0;

  /**
   * What `write` writes of the value, behind its length, and that behind `headroom` bytes for
   * the caller to fill. Nobody else writes there again. If `write` throws,
   * nothing was written.
   */
  message<Value>(headroom: number, write: (value: Value) => void, value: Value): Buffer {
    this.#at = this.#start;
    this.#reserve(headroom);
    this.#at += headroom;
    this.#behindLength(write, value);
    const message = this.#slab.subarray(this.#start, this.#at);
    this.#start = this.#at;
    // One that was made for a large text is let go of with it.
    if (this.#slab.length > slabBytes) this.#begin(Buffer.allocUnsafeSlow(slabBytes), 0);
    return message;
  }

  /** A message in a message. Also one entry of a map. */
  nested<Value>(field: number, write: (value: Value) => void, value: Value): void {
    this.#tag(field, lengthDelimitedType);
    this.#behindLength(write, value);
  }

  text(field: number, value: string): void {
    if (value === "") return;
    this.#tag(field, lengthDelimitedType);
    if (value.length <= shortTextMax) {
      this.#reserve(1 + value.length * unitBytesMax);
      const bytes = this.#slab.write(value, this.#at + 1);
      this.#slab[this.#at] = bytes;
      this.#at += 1 + bytes;
    } else {
      const bytes = Buffer.byteLength(value);
      this.#reserve(varintBytesMax + bytes);
      this.#varint(bytes);
      this.#at += this.#slab.write(value, this.#at);
    }
  }

  flag(field: number, value: boolean): void {
    if (value) this.count(field, 1);
  }

  /**
   * An enum, int32 or int64.
   *
   * @throws RangeError if it is no whole number: counters come from providers.
   */
  count(field: number, value: number): void {
    if (value === 0) return;
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
    this.#tag(field, varintType);
    this.#reserve(varintBytesMax);
    if (value > 0) this.#varint(value);
    else this.#negative(value);
  }

  #tag(field: number, type: number): void {
    this.#reserve(varintBytesMax);
    this.#varint(field * 8 + type);
  }

  /** Most are shorter than 128 bytes: then nothing moves. */
  #behindLength<Value>(write: (value: Value) => void, value: Value): void {
    this.#reserve(1);
    this.#at += 1;
    // From the start, for the start itself may move.
    const begin = this.#at - this.#start;
    write(value);
    const bytes = this.#at - this.#start - begin;
    const more = varintBytes(bytes) - 1;
    this.#reserve(more);
    const from = this.#start + begin;
    if (more > 0) this.#slab.copyWithin(from + more, from, this.#at);
    const end = this.#at + more;
    this.#at = from - 1;
    this.#varint(bytes);
    this.#at = end;
  }

  /** A positive one. Where there is room for it. */
  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#slab[this.#at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#slab[this.#at++] = rest;
  }

  /** As a 64-bit number that wraps around: ten bytes. */
  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 128n) {
      this.#slab[this.#at++] = Number(rest % 128n) + 128;
      rest /= 128n;
    }
    this.#slab[this.#at++] = Number(rest);
  }

  /** Makes room; what was written of this message moves along if there was none. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#slab.length) return;
    const written = this.#slab.subarray(this.#start, this.#at);
    // So that what follows a large text, or many small ones, seldom moves it again.
    const wanted = 2 * written.length + bytes + spareBytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(slabBytes, wanted));
    this.#begin(larger, written.copy(larger));
  }

  #begin(slab: Buffer<ArrayBuffer>, at: number): void {
    this.#slab = slab;
    this.#start = 0;
    this.#at = at;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
