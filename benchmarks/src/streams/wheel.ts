/**
 * Members that each have their turn once in a period, evenly spread over it, so
 * that one timer serves them all and no two moments have much more to do than
 * others.
 */
export class Wheel<Member> {
  readonly #slots: Set<Member>[];
  readonly #slotMs: number;
  #joined = 0;
  #turned = 0;

  constructor(periodMs: number) {
    // Slots of about a millisecond: finer than that no timer of Node is.
    this.#slots = Array.from({ length: Math.max(1, Math.floor(periodMs)) }, () => new Set());
    this.#slotMs = periodMs / this.#slots.length;
  }

  /** How many members there are. */
  get size(): number {
    return this.#slots.reduce((all, slot) => all + slot.size, 0);
  }

  /** Returns what ends the membership. */
  join(member: Member): () => void {
    const slot = this.#slots[this.#joined++ % this.#slots.length];
    slot?.add(member);
    return () => slot?.delete(member);
  }

  /**
   * Calls `onTurn` with everyone whose turn came until this time since the
   * start, slot by slot. Who is more than a period late leaves turns out: it
   * can't catch up, and a burst would be no even load.
   */
  turnTo(elapsedMs: number, onTurn: (members: ReadonlySet<Member>) => void): void {
    const due = Math.floor(elapsedMs / this.#slotMs);
    this.#turned = Math.max(this.#turned, due - this.#slots.length);
    for (; this.#turned < due; this.#turned += 1) {
      const slot = this.#slots[this.#turned % this.#slots.length];
      if (slot && slot.size > 0) onTurn(slot);
    }
  }
}
