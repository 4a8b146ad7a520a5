import { expect, test } from "@jest/globals";
import { everyPage } from "./pages.ts";

test("every page is asked for, by the token of the one before, until the last", async () => {
  const asked: unknown[] = [];
  const pages = [
    { items: [1, 2], nextPageToken: "a" },
    { items: [], nextPageToken: "b" },
    { items: [3], nextPageToken: "" },
  ];
  const list = async (request: object) => {
    asked.push(request);
    return pages.shift() ?? { items: [], nextPageToken: "" };
  };
  expect(await everyPage(list, (page) => page.items)).toEqual([1, 2, 3]);
  expect(asked).toEqual([
    { pageSize: 1000, pageToken: "" },
    { pageSize: 1000, pageToken: "a" },
    { pageSize: 1000, pageToken: "b" },
  ]);
});
