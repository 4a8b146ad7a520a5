import { deflateRawSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Deferred, deferredId, parseDeferredId } from "./deferred-id.ts";

const call = { id: "c1", name: "bmcp_srv_add", arguments: '{"a":1}', clientCallsAfter: 1 };

// proves: tool-loop.deferred-ids
test("whatever an id carries, within its bound, it gives back", () => {
  const calls = fc.array(
    fc.record({
      id: fc.string(),
      name: fc.string(),
      arguments: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
      clientCallsAfter: fc.nat(),
    }),
    { maxLength: 4 },
  );
  const renewal = fc.option(fc.record({ first: fc.string(), last: fc.string() }), {
    nil: undefined,
  });
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), calls, renewal, (originalId, calls, renewal) => {
      const id = deferredId({ originalId, calls, renewal });
      expect(id).toMatch(/^bmcp1_[A-Za-z0-9_-]+$/);
      expect(parseDeferredId(id)).toEqual({ originalId, calls, renewal });
    }),
  );
});

// proves: tool-loop.deferred-ids
test("an id is small where the calls are", () => {
  const id = deferredId({
    originalId: "toolu_01A09q90qw90lq917835lq9",
    calls: [call],
    renewal: undefined,
  });
  expect(id.length).toBeLessThan(130);
});

// proves: tool-loop.deferred-ids
test("arguments that are too long are left out, the longest first", () => {
  // Noise can't be deflated.
  const noise = Array.from({ length: 20_000 }, (_, at) => ((at * 7_919) % 104_729).toString(36));
  const long = { ...call, id: "c2", arguments: noise.join("") };
  const id = deferredId({ originalId: "k1", calls: [call, long], renewal: undefined });
  expect(id.length).toBeLessThanOrEqual(16_384);
  expect(parseDeferredId(id)?.calls).toEqual([call, { ...long, arguments: undefined }]);
  const nothingFits = Array.from({ length: 1_000 }, (_, at) => ({
    ...call,
    id: noise.slice(at * 20, at * 20 + 20).join(""),
  }));
  expect(deferredId({ originalId: "k1", calls: nothingFits, renewal: undefined })).toBe(
    deferredId({ originalId: "k1", calls: [], renewal: undefined }),
  );
});

const madeOf = (json: unknown) =>
  `bmcp1_${deflateRawSync(JSON.stringify(json)).toString("base64url")}`;

// proves: tool-loop.deferred-ids
test.each([
  ["another prefix", "toolu_01"],
  ["nothing behind the prefix", "bmcp1_"],
  ["no deflated data", "bmcp1_AAAA"],
  ["other characters", `${madeOf(["k1", []])}=`],
  ["a line break", `${madeOf(["k1", []])}\n`],
  ["another shape", madeOf({ originalId: "k1" })],
  ["an empty id", madeOf(["", []])],
  ["an id that is no string", madeOf([7, []])],
  ["too few parts", madeOf(["k1"])],
  ["half a renewal", madeOf(["k1", [], "r1"])],
  ["a renewal that is none", madeOf(["k1", [], "r1", 7])],
  ["a call that is none", madeOf(["k1", [["c1", "add", 7, 0]]])],
  ["a call with more", madeOf(["k1", [["c1", "add", "{}", 0, 0]]])],
  ["a place that is none", madeOf(["k1", [["c1", "add", "{}", -1]]])],
  ["a place between places", madeOf(["k1", [["c1", "add", "{}", 0.5]]])],
  ["an id too long", `bmcp1_${"A".repeat(16_384)}`],
  ["a bomb", madeOf(["k1", [["c1", "add", "a".repeat(300_000), 0]]])],
])("%s is an id like any other", (_title, id) => {
  expect(parseDeferredId(id)).toBeUndefined();
});

// proves: tool-loop.deferred-ids
test("of a made id with any bytes changed, nothing but a shape of ours is ever read", () => {
  const id = deferredId({ originalId: "k1", calls: [call], renewal: undefined });
  fc.assert(
    fc.property(fc.nat(id.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, text) => {
      const read: Deferred | undefined = parseDeferredId(id.slice(0, at) + text + id.slice(at + 1));
      if (read) expect(typeof read.originalId).toBe("string");
    }),
  );
});
