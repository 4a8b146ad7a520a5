import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { EventBoundary } from "./event-boundary.ts";

test.each([
  ["", true],
  ["data: 1\n\n", true],
  ["data: 1\r\n\r\n", true],
  ["data: 1\r\r", true],
  ["data: 1\n", false],
  ["data: 1\r\n", false],
  ["data: 1\r\n\n", true],
  ["data: 1\r\n\r", false],
  ["data: 1", false],
  [": ping\n\n", true],
])("after %j a stream stands between two events: %s", (stream, expected) => {
  const boundary = new EventBoundary();
  boundary.pass(Buffer.from(stream));
  expect(boundary.reached).toBe(expected);
});

test("however a stream is cut into chunks, it stands where it stands in one piece", () => {
  const piece = fc.constantFrom("\n", "\r", "\r\n", "a", "data: 1");
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(6)), (pieces, cuts) => {
      const stream = Buffer.from(pieces.join(""));
      const whole = new EventBoundary();
      whole.pass(stream);
      const chunked = new EventBoundary();
      let at = 0;
      for (const length of cuts) {
        chunked.pass(stream.subarray(at, at + length));
        at += length;
      }
      chunked.pass(stream.subarray(at));
      expect(chunked.reached).toBe(whole.reached);
    }),
  );
});
