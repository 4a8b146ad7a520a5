import { inspect } from "node:util";

const printed = "[secret]";

/**
 * A string that can't be printed by accident: however it is logged, spliced,
 * serialized or inspected, `[secret]` comes out. Whoever needs the string says
 * so by `reveal()`, which makes every use easy to find.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The string itself. Never hand it to anything that prints. */
  reveal(): string {
    return this.#value;
  }

  /** What may be shown of it, so that people recognize it: see `hintOf`. */
  get hint(): string {
    return hintOf(this.#value);
  }

  toString(): string {
    return printed;
  }

  toJSON(): string {
    return printed;
  }

  [inspect.custom](): string {
    return printed;
  }
}

/**
 * What may be shown of a credential: of 20 characters or more the first and
 * last four, of 10 the first and last two, of 5 the first and last one, and of
 * fewer none (wire.md, section 1).
 */
export function hintOf(value: string): string {
  const shown = value.length >= 20 ? 4 : value.length >= 10 ? 2 : value.length >= 5 ? 1 : 0;
  return `${value.slice(0, shown)}...${shown === 0 ? "" : value.slice(-shown)}`;
}
