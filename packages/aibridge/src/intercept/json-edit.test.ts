import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { edited, insertElements, setMember } from "./json-edit.ts";
import { elementSpans, spanAt } from "./json-member.ts";

test("elements are found in any array, and inserted anywhere in it", () => {
  const indent = fc.constantFrom(undefined, 2, "\t");
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.nat(6),
      fc.jsonValue(),
      indent,
      (list, at, value, indent) => {
        const json = Buffer.from(JSON.stringify({ before: [1], list }, null, indent));
        const array = spanAt(json, "list");
        if (!array) throw new Error("no array");
        expect(
          elementSpans(json, array).map(({ start, end }) =>
            JSON.parse(json.toString("utf8", start, end)),
          ),
        ).toEqual(JSON.parse(JSON.stringify(list)));
        const after = edited(json, [insertElements(json, array, at, [value, "last"])]);
        const expected = list.toSpliced(Math.min(at, list.length), 0, value, "last");
        expect(JSON.parse(after.toString())).toEqual(
          JSON.parse(JSON.stringify({ before: [1], list: expected })),
        );
      },
    ),
  );
});

test.each([
  ['{ "a":1 }', '{"x":[], "a":1 }'],
  ["{ }", '{"x":[] }'],
  ["{}", '{"x":[]}'],
  ['{"x" : {"x":2} ,"y":1}', '{"x" : [] ,"y":1}'],
  ['{"x":1,"x":2}', '{"x":1,"x":[]}'],
])("a member set in %s gives %s", (before, after) => {
  const json = Buffer.from(before);
  expect(edited(json, [setMember(json, "x", "[]")]).toString()).toBe(after);
});

test("several edits in one place stand in their order", () => {
  const json = Buffer.from('{"list":[1,2]}');
  const array = spanAt(json, "list");
  if (!array) throw new Error("no array");
  const inserted = ["a", "b"].map((text) => insertElements(json, array, 1, [text]));
  const behind = ["y", "z"].map((text) => insertElements(json, array, 9, [text]));
  expect(edited(json, [...inserted, ...behind]).toString()).toBe('{"list":[1,"a","b",2,"y","z"]}');
});

test("a path that ends nowhere has no span", () => {
  const json = Buffer.from('{"a":[{"b":1}],"c":"text"}');
  expect(spanAt(json, "a", 0, "b")).toEqual({ start: 11, end: 12 });
  expect(spanAt(json, "a", 1)).toBeUndefined();
  expect(spanAt(json, "c", "d")).toBeUndefined();
  expect(spanAt(json, "c", 0)).toBeUndefined();
  expect(spanAt(json, "x", "y")).toBeUndefined();
});
