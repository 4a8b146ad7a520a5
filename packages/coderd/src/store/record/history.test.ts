import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { beforeAll, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { openPostgresStore } from "../open-postgres.ts";
import { batchOf, fillHistory } from "./test-history.ts";
import { createPageCounter, type PageCounter } from "./test-page-counter.ts";
import { requestPath } from "./test-request-path.ts";

jest.setTimeout(240_000);

const hourMs = 3_600_000;
const end = new Date("2030-03-01T18:30:00.000Z");
const perDay = 336;

/**
 * What pages may differ by: indexes are a level higher here and there, and rows
 * lie in other pages.
 */
// A row of a list of ten is looked up on up to four pages, and on fewer while the
// newest day is small.
const noise = { factor: 1.25, pages: 50 };

describeWithDatabase("a record with history", (url) => {
  beforeAll(async () => {
    await (await openPostgresStore(new Secret(url())))[Symbol.asyncDispose]();
  });

  async function fill({ store }: PageCounter, days: number): Promise<void> {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      await fillHistory(store, client, { interceptions: days * perDay, users: 10, days, end });
    } finally {
      await client.end();
    }
  }

  // proves: record.history
  test("costs requests as many pages of the database after 60 days as after 6", async () => {
    await using counter = createPageCounter(url());
    await fill(counter, 6);
    const { "sum usage of 30 days": _, ...few } = await pagesAt(counter, end);
    await fill(counter, 60);
    const many = await pagesAt(counter, end);
    expect(Object.keys(few)).toHaveLength(10);
    expect(grown(few, many)).toEqual({});
    // Of 10,080 with the provider none has the client: 10,000 are looked at, then the others.
    const filter = { size: 10, providerName: "provider-1", client: "none" };
    const { items, next } = await counter.store.record.listInterceptions(filter);
    expect(items).toEqual([]);
    expect(next).toEqual(expect.any(String));
    const last = await counter.store.record.listInterceptions({ ...filter, after: next });
    expect(last).toEqual({ items: [] });
  });

  // proves: record.history, record.retention
  test("costs requests as many pages at the end of a day of retention as at its beginning", async () => {
    await using counter = createPageCounter(url());
    await fill(counter, 61);
    const [first, last]: [Pages[], Pages[]] = [[], []];
    const dropped: string[] = [];
    for (let hour = 0; hour < 24; hour += 1) {
      const now = new Date(end.getTime() + hour * hourMs);
      dropped.push(...(await counter.store.record.maintain(now, 60)).dropped);
      await counter.store.record.write(batchOf(now, perDay / 24));
      if (hour < 6) first.push(await pagesAt(counter, now));
      if (hour >= 18) last.push(await pagesAt(counter, now));
    }
    // The one that is past already, and the one that ends within these 24 hours, sixty days ago.
    expect(dropped).toEqual(["20291230", "20291231"]);
    expect(grown(mostOf(first), mostOf(last))).toEqual({});
  });
});

type Pages = Readonly<Record<string, number>>;

async function pagesAt({ store, pagesOf }: PageCounter, now: Date): Promise<Pages> {
  const pages: Record<string, number> = {};
  for (const [name, request] of Object.entries(await requestPath(store, now, 10))) {
    pages[name] = await pagesOf(request);
  }
  return pages;
}

function mostOf(all: readonly Pages[]): Pages {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, Math.max(...all.map((pages) => pages[name] ?? 0))]),
  );
}

/** Which requests touch more pages than before, beyond noise, and how many. */
function grown(before: Pages, after: Pages): Record<string, string> {
  const entries = Object.entries(before).flatMap(([name, few]) => {
    const many = after[name] ?? 0;
    return many > few * noise.factor + noise.pages ? [[name, `${few} -> ${many}`]] : [];
  });
  return Object.fromEntries(entries);
}
