/** Says who may still be admitted. */
export interface Room {
  /** Whether one more interception fits; if it does, it is counted. */
  admit(interceptionId: string): boolean;
  /** The interception will write no more. */
  leave(interceptionId: string): void;
  /** Whether nobody could be admitted now. */
  isFull(): boolean;
}

export interface RoomOptions {
  readonly bytesMax: number;
  /** Kept free for what an interception writes after its start. */
  readonly bytesPerInterception: number;
  /** On disk and on the way there. */
  readonly usedBytes: () => number;
}

/**
 * The bound is on admission: whoever is in may write all they have, for what
 * happened must be on record. What they write beyond what was kept for them is
 * the only thing that can pass the bound.
 */
export function createRoom(options: RoomOptions): Room {
  const inside = new Set<string>();
  const isFull = () => {
    const kept = (inside.size + 1) * options.bytesPerInterception;
    return options.usedBytes() + kept > options.bytesMax;
  };
  return {
    admit(interceptionId) {
      if (isFull()) return false;
      inside.add(interceptionId);
      return true;
    },
    leave: (interceptionId) => void inside.delete(interceptionId),
    isFull,
  };
}
