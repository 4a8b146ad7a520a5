import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { deferredId } from "./deferred-id.ts";
import { restoreIds } from "./restore-ids.ts";

const deferred = { originalId: 'k"\\1', calls: [], renewal: { first: "a", last: "b" } };
const id = deferredId(deferred);

// proves: tool-loop.deferred-ids
test("wherever an id that carries stands alone, the original stands again", () => {
  const body = Buffer.from(`{ "a" : "${id}", "b":["${id}"] }`);
  const restored = restoreIds(body);
  expect(restored.body.toString()).toBe('{ "a" : "k\\"\\\\1", "b":["k\\"\\\\1"] }');
  expect([...restored.deferred]).toEqual([['k"\\1', deferred]]);
});

// proves: tool-loop.deferred-ids
test.each([
  ["nothing", "{}"],
  ["a part of a text", `{"a":"see ${id}","b":"${id} see"}`],
  ["JSON in a text", JSON.stringify({ a: `{"id":"${id}"}` })],
  ["an id that is none", '{"a":"bmcp1_AAAA"}'],
  ["half a body", `{"a":"${id}`],
])("%s stays as it is", (_title, text) => {
  const body = Buffer.from(text);
  const restored = restoreIds(body);
  expect(restored.body).toBe(body);
  expect(restored.deferred.size).toBe(0);
});

// proves: tool-loop.deferred-ids
test("in any JSON just the strings that carry change", () => {
  const leaf = fc.oneof(fc.constant(id), fc.string(), fc.integer(), fc.constant(`"${id}"`));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value")),
      fc.dictionary(fc.string(), tie("value")),
    ),
  }));
  fc.assert(
    fc.property(value, (json) => {
      const text = JSON.stringify(json);
      const restored = JSON.parse(restoreIds(Buffer.from(text)).body.toString());
      expect(restored).toEqual(JSON.parse(text, (_key, old) => (old === id ? 'k"\\1' : old)));
    }),
  );
});
