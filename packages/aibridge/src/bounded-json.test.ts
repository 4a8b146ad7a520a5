import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseBoundedJson, TooComplexJsonError } from "./bounded-json.ts";

const mebibyte = 1_024 * 1_024;
const padding = "x".repeat(64 * 1_024);

// proves: hostile.json
test.each([
  ["arrays in arrays", "[".repeat(8 * mebibyte)],
  ["objects in objects", '{"a":'.repeat(4 * mebibyte)],
  ["empty objects", `[${"{},".repeat(8 * mebibyte)}{}]`],
  ["numbers", `[${"1,".repeat(8 * mebibyte)}1]`],
  ["names", `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":1`).join()}}`],
])("a text of too many %s is refused before it is parsed", (_what, text) => {
  // To parse them takes seconds. Whoever tries stops at the first character.
  expect(() => parseBoundedJson(`!${text}`)).toThrow(TooComplexJsonError);
});

// proves: hostile.json
test("brackets and commas within strings are text, whatever is escaped before their end", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', "\\", "[", "{", ",", "a") }), (part) => {
      const value = { text: part.repeat(1_000), padding, "[": [part] };
      expect(parseBoundedJson(JSON.stringify(value))).toEqual(value);
    }),
    { numRuns: 100 },
  );
});

// proves: hostile.json
test("1,000 levels and 250,000 values are taken", () => {
  const deep = `${"[".repeat(999)}"${padding}"${"]".repeat(999)}`;
  expect(() => parseBoundedJson(deep)).not.toThrow();
  expect(parseBoundedJson(`[${"1,".repeat(249_998)}1]`)).toHaveLength(249_999);
});
