import type { Invalidation } from "../store/invalidations.ts";

/** The invalidations of the last revisions, without a gap. */
export class ChangeLog {
  #entries: readonly Invalidation[] = [];
  #last: bigint;
  readonly #entriesMax: number;

  /** An empty log at a revision, of which and of those before it knows nothing. */
  constructor(revision: bigint, entriesMax: number) {
    this.#last = revision;
    this.#entriesMax = entriesMax;
  }

  /** The revision that the log is at. */
  get last(): bigint {
    return this.#last;
  }

  /** Adds the revisions that follow the last one. The oldest are forgotten. */
  append(following: readonly Invalidation[]): void {
    if (following.length === 0) return;
    this.#entries = [...this.#entries, ...following].slice(-this.#entriesMax);
    this.#last += BigInt(following.length);
  }

  /** All after a revision; none if the log is not there yet. Undefined: some are forgotten. */
  after(revision: bigint): readonly Invalidation[] | undefined {
    if (revision >= this.#last) return [];
    const count = Number(this.#last - revision);
    return count > this.#entries.length ? undefined : this.#entries.slice(-count);
  }
}
