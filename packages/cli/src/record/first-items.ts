/** The largest page that coderd gives. */
const pageSizeMax = 1000;

/** The first items of a list, and whether there are more. */
export interface FirstItems<Item> {
  readonly items: readonly Item[];
  readonly more: boolean;
}

/** Calls for page after page until there are `limit` items, or no more pages. */
export async function firstItems<P extends { readonly nextPageToken: string }, Item>(
  limit: number,
  list: (request: { readonly pageSize: number; readonly pageToken: string }) => Promise<P>,
  itemsOf: (page: P) => readonly Item[],
): Promise<FirstItems<Item>> {
  const items: Item[] = [];
  let pageToken = "";
  do {
    const pageSize = Math.min(limit - items.length, pageSizeMax);
    const page = await list({ pageSize, pageToken });
    items.push(...itemsOf(page));
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && items.length < limit);
  return { items: items.slice(0, limit), more: pageToken !== "" };
}
