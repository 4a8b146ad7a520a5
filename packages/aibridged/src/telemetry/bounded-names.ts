import { hideKeys } from "@aibridge/aibridge";

/** What a name that has no place of its own is called. */
const other = "other";

/** What may be a label: nothing else names a model or a provider. */
const labelForm = /^[\w.:/@+-]{1,128}$/;

/**
 * Names that may become labels. The first `namesMax` different ones keep their
 * name, all others are `other`, so that no client can make series without end.
 * A name that is long, odd, or holds what looks like a key of ours is `other`
 * too. Kept as long as the process lives, as its series are.
 */
export class BoundedNames {
  readonly #names = new Set<string>();
  readonly #namesMax: number;

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  /** The name, or `other`. */
  labelOf(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#names.size >= this.#namesMax) return other;
    if (!labelForm.test(name) || hideKeys(name) !== name) return other;
    this.#names.add(name);
    return name;
  }
}
