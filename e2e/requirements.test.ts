import { expect, test } from "@jest/globals";
import { allCitations, citationsIn } from "./citations.ts";
import { knownFailures } from "./known-failures.ts";
import { requirements } from "./requirements.ts";

const ids: readonly string[] = Object.keys(requirements);
const failures: readonly string[] = Object.keys(knownFailures);
const citations = await allCitations(new URL("..", import.meta.url).pathname);

test("every requirement is proved by a test, or known to fail", () => {
  const cited = new Set(citations.map(({ id }) => id));
  expect(ids.filter((id) => !cited.has(id))).toEqual([]);
});

test("every id that a test cites is a requirement", () => {
  expect(citations.filter(({ id }) => !ids.includes(id))).toEqual([]);
});

test("every known failure has a test that must fail, and no other test must", () => {
  const mustFail = new Set(citations.filter(({ failing }) => failing).map(({ id }) => id));
  expect([...mustFail].sort()).toEqual([...failures].sort());
});

test("every requirement is one sentence and says where it comes from", () => {
  for (const { text, source } of Object.values(requirements)) {
    expect(text).toMatch(/^\S.*[.]$/);
    expect(source).toMatch(/^(wire|product|architecture|verification)\.md|^issue \d+|^RFC \d+/);
  }
});

test("citations are found in calls and in comments, and ids must be literals", () => {
  const call = ["proves", "("].join("");
  const failing = ["proves.failing", "("].join("");
  const comment = ["//", "proves: d.e, f"].join(" ");
  const source = `${call}"a.b", "title", f);\n${failing}[\n "c",\n], "t", f);\n  ${comment}\n`;
  expect(citationsIn(source, "x.test.ts")).toEqual([
    { id: "a.b", file: "x.test.ts", failing: false },
    { id: "c", file: "x.test.ts", failing: true },
    { id: "d.e", file: "x.test.ts", failing: false },
    { id: "f", file: "x.test.ts", failing: false },
  ]);
  expect(() => citationsIn(`${call}id, "title", f)`, "x.test.ts")).toThrow("must be literals");
});
