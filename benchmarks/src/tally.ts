/** Counts outcomes of requests by status, or by what went wrong. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(outcome: number | string): void {
    const name = String(outcome);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** How many had this outcome. */
  of(outcome: number | string): number {
    return this.#counts.get(String(outcome)) ?? 0;
  }

  /** All that had another one. */
  except(outcome: number | string): Readonly<Record<string, number>> {
    const { [String(outcome)]: _, ...others } = this.all();
    return others;
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  clear(): void {
    this.#counts.clear();
  }
}
