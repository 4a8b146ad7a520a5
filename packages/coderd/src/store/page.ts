/** Asks for a part of a list. */
export interface PageRequest<Cursor> {
  /** At most this many items. */
  readonly size: number;
  /** Begin after the item at this position; at the start if undefined. */
  readonly after?: Cursor | undefined;
}

/** A part of a list. */
export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  /** Where the next page begins after; undefined on the last. */
  readonly next?: Cursor | undefined;
}

/** Makes a page of `size` from rows that were read with one more as the limit. */
export function pageFrom<Item, Cursor>(
  rows: readonly Item[],
  size: number,
  cursorOf: (item: Item) => Cursor,
): Page<Item, Cursor> {
  const items = rows.slice(0, size);
  const last = items.at(-1);
  return rows.length > size && last !== undefined ? { items, next: cursorOf(last) } : { items };
}
