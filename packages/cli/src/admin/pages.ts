/** The largest page that coderd gives. */
const pageSize = 1000;

/** What every List call of the API takes and gives, beside its own. */
interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}
interface Page {
  readonly nextPageToken: string;
}

/** Calls for page after page until the last, and gives their items in order. */
export async function everyPage<P extends Page, Item>(
  list: (request: PageRequest) => Promise<P>,
  itemsOf: (page: P) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  let pageToken = "";
  do {
    const page = await list({ pageSize, pageToken });
    items.push(...itemsOf(page));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return items;
}
